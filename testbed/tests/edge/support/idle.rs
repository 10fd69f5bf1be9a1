//! Stages that no test uses any more, of which others are made.
//!
//! Starting a Viceroy takes two seconds of CPU time. Many tests differ only in the item `config`, which can be exchanged
//! while it runs. A stage that is made of another one's processes is as good as new: no execution of the guest remains,
//! the cache and the output are empty, and the origins have no objects, faults or recorded requests.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use b2_edge_testbed::{Origin, OriginSpec, ViceroyConfig};

use super::stage::Stage;

/// How many stages are kept: each takes 100 MB of memory.
const MOST: usize = 12;

static IDLE: Mutex<Vec<Stage>> = Mutex::new(Vec::new());

/// A stage made of an idle one with such origins whose fixed part is the same as that which `configure` gives it.
pub(super) async fn take(
    specs: [&OriginSpec; 2],
    configure: impl Fn(&Origin, &Origin) -> ViceroyConfig,
) -> Option<Stage> {
    let (stage, config) = {
        let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        let matching = |stage: &Stage| {
            if [stage.us.spec(), stage.eu.spec()] != specs {
                return None;
            }
            let config = configure(&stage.us, &stage.eu);
            let is_same = config.is_plain() && Some(config.fixed_part()) == stage.fixed_part;
            is_same.then_some(config)
        };
        // The one that has been idle for the longest time has the least to do still.
        let found = (0..)
            .zip(idle.iter())
            .find_map(|(index, stage)| Some((index, matching(stage)?)));
        let (index, config) = found?;
        (idle.remove(index), config)
    };
    let renewed = renewed(stage, config.item()).await;
    renewed
        .inspect_err(|error| eprintln!("an idle stage is of no use any more: {error}"))
        .ok()
}

/// The same stage as if it were new.
async fn renewed(mut stage: Stage, config: Option<&str>) -> io::Result<Stage> {
    let fixed_part = stage.fixed_part.take();
    let (us, eu, edge) = (
        Arc::clone(&stage.us),
        Arc::clone(&stage.eu),
        Arc::clone(&stage.edge),
    );
    drop(stage);
    let (Some(us), Some(eu)) = (Arc::into_inner(us), Arc::into_inner(eu)) else {
        return Err(io::Error::other("its origins are in use"));
    };
    edge.resume();
    // So that executions which still need them end soon.
    us.stop_listening().await?;
    eu.stop_listening().await?;
    edge.renew(config).await?;
    Ok(Stage {
        us: Arc::new(us.renewed().await?),
        eu: Arc::new(eu.renewed().await?),
        edge,
        fixed_part,
        is_renewed: true,
    })
}

impl Drop for Stage {
    /// Keeps it for others, unless its test has failed.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let Some(fixed_part) = self.fixed_part.take() else {
            return;
        };
        self.edge.pause();
        let stage = Self {
            us: Arc::clone(&self.us),
            eu: Arc::clone(&self.eu),
            edge: Arc::clone(&self.edge),
            fixed_part: Some(fixed_part),
            is_renewed: self.is_renewed,
        };
        let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() == MOST {
            // One that may be the only one of its kind, and otherwise that which has been idle for the longest time.
            let first = idle.iter().position(|stage| !stage.is_renewed);
            let mut superfluous = idle.remove(first.unwrap_or_default());
            superfluous.fixed_part = None;
        }
        idle.push(stage);
    }
}
