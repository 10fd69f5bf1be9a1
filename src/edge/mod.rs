//! The shell: the only code that names the platform. It reads what there is, carries out what the
//! core decides, and decides nothing itself.

pub(crate) mod attempt;
pub(crate) mod cache;
pub(crate) mod deliver;
pub(crate) mod downstream;
pub(crate) mod execution;
pub(crate) mod fill;
pub(crate) mod here;
pub(crate) mod inbound;
pub(crate) mod log;
pub(crate) mod own;
pub(crate) mod purge;
pub(crate) mod race;
pub(crate) mod read;
pub(crate) mod reply;
pub(crate) mod respond;
pub(crate) mod segmented;
pub(crate) mod send;
pub(crate) mod settings;
pub(crate) mod shape;
pub(crate) mod site;
pub(crate) mod standing;
pub(crate) mod status;
pub(crate) mod wait;
pub(crate) mod watch;
