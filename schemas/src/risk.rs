//! Formats that an archive watches: what may one day be bytes that nobody opens.

use crate::{Text, text};
use std::{collections::HashMap, sync::LazyLock};

const FORMATS: &str = include_str!("../data/formats-at-risk.tsv");

static RISKS: LazyLock<HashMap<&str, Risk>> = LazyLock::new(|| entries(FORMATS).collect());

/// Why a format is at risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Its makers are gone or no longer open it.
    Abandoned,
    /// Its makers have replaced it, and still open it.
    Replaced,
    /// Only the programs of one maker open it whole.
    SingleMaker,
}

impl Risk {
    /// The risk of a format by its PRONOM identifier, as far as it is known to have one.
    pub fn of(puid: &str) -> Option<Self> {
        RISKS.get(puid).copied()
    }

    /// Its name in answers for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Abandoned => "abandoned",
            Self::Replaced => "replaced",
            Self::SingleMaker => "single-maker",
        }
    }

    /// What it means.
    pub fn sentence(self) -> Text {
        match self {
            Self::Abandoned => text!("its makers no longer open it", "ses éditeurs ne l’ouvrent plus"),
            Self::Replaced => text!("its makers have replaced it", "ses éditeurs l’ont remplacé"),
            Self::SingleMaker => {
                text!("only its maker’s programs open it whole", "seuls les logiciels de son éditeur l’ouvrent en entier")
            }
        }
    }
}

fn entries(table: &str) -> impl Iterator<Item = (&str, Risk)> {
    table.lines().filter_map(entry).flatten()
}

fn entry(line: &str) -> Option<impl Iterator<Item = (&str, Risk)>> {
    let mut columns = line.split('\t');
    let name = columns.next()?;
    let risk = [Risk::Abandoned, Risk::Replaced, Risk::SingleMaker].into_iter().find(|risk| risk.name() == name)?;
    Some(columns.next()?.split(' ').map(move |puid| (puid, risk)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_no_format_stands_twice() {
        let lines = FORMATS.lines().filter(|line| !line.starts_with('#'));
        assert!(lines.clone().all(|line| entry(line).is_some() && line.split('\t').count() == 3));
        let all: Vec<&str> = entries(FORMATS).map(|(puid, _)| puid).collect();
        assert_eq!(all.len(), RISKS.len());
        assert!(all.iter().all(|puid| puid.starts_with("fmt/") || puid.starts_with("x-fmt/")));
        assert_eq!(
            (Risk::of("fmt/40"), Risk::of("fmt/37"), Risk::of("fmt/412")),
            (Some(Risk::Replaced), Some(Risk::Abandoned), None)
        );
    }
}
