//! The CPU time of a variant: the engine as wasm and natively, sharp and vipsthumbnail, in turns.

use std::io;
use std::path::Path;
use std::process::Command;

use super::Programs;
use super::photos::Photo;
use super::renderer::Renderer;
use super::sharp::Sharp;
use super::vipsthumbnail::Vipsthumbnail;
use crate::report::{Report, Unit, median};
use crate::variable;

const ROUNDS: usize = 9;
/// The variants of a turn.
const VARIANTS: usize = 10;

/// The maximum CPU time, relative to sharp's: as wasm, and natively.
const MAX_GUEST: f64 = 1.2;
const MAX_NATIVE: f64 = 0.9;

/// The maximum CPU time as wasm, in milliseconds: Compute allows 50 for all that a sandbox does.
const MAX_GUEST_MS: f64 = 40.0;

pub(crate) fn measure(
    programs: &Programs,
    sharp: Option<&Sharp>,
    photo: &Photo,
    directory: &Path,
    report: &mut Report,
) -> io::Result<()> {
    let viceroy = variable("B2_EDGE_VICEROY")?;
    let guest = if photo.is_progressive {
        None
    } else {
        let mut command = Command::new(viceroy);
        command.arg("run").arg(&programs.wasm);
        Some(Renderer::start(command.args([
            "--",
            "render",
            &photo.name,
        ]))?)
    };
    let native = Renderer::start(Command::new(&programs.native).args(["render", &photo.name]))?;
    let others = sharp.map(|sharp| Renderer::start(&mut sharp.render(photo)));
    let others = others.transpose()?;
    let vips = Vipsthumbnail::version().map(|_| Vipsthumbnail::new(photo, directory));
    let vips = vips.transpose()?;

    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(Round {
            guest: turn_of(guest.as_ref())?,
            native: native.turn(VARIANTS)?,
            sharp: turn_of(others.as_ref())?,
            vips: vips.as_ref().map_or(Ok(f64::NAN), Vipsthumbnail::turn)?,
        });
    }
    let of = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure));
    let what = &photo.name;
    if guest.is_some() {
        report.at_most(
            &format!("CPU of a variant as wasm, {what}"),
            Unit::Milliseconds,
            of(|round| round.guest),
            MAX_GUEST_MS,
        );
    }
    let native = format!("{:.1} ms", of(|round| round.native));
    report.note(&format!("CPU of a variant natively, {what}"), &native);
    if others.is_some() {
        let sharp = of(|round| round.sharp);
        if guest.is_some() {
            report.at_most(
                &format!("CPU as wasm, to sharp's {sharp:.1} ms, {what}"),
                Unit::Ratio,
                of(|round| round.guest / round.sharp),
                MAX_GUEST,
            );
        }
        report.at_most(
            &format!("CPU natively, to sharp's {sharp:.1} ms, {what}"),
            Unit::Ratio,
            of(|round| round.native / round.sharp),
            MAX_NATIVE,
        );
    }
    if vips.is_some() {
        let what = format!(
            "CPU natively, to vipsthumbnail's {:.1} ms, {what}",
            of(|round| round.vips)
        );
        let ratio = of(|round| round.native / round.vips);
        report.at_most(&what, Unit::Ratio, ratio, MAX_NATIVE);
    }
    Ok(())
}

fn turn_of(renderer: Option<&Renderer>) -> io::Result<f64> {
    renderer.map_or(Ok(f64::NAN), |renderer| renderer.turn(VARIANTS))
}

/// The CPU time of a variant in one round, in milliseconds; NaN for a program that does not run.
struct Round {
    guest: f64,
    native: f64,
    sharp: f64,
    vips: f64,
}
