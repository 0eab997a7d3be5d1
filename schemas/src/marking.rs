//! Markings: level, caveats, compartments. Written `LEVEL[+SF][+COMPARTMENT…]`, for instance `S+SF`.
//! Levels and their order: instruction générale interministérielle 1300 (2021).

use crate::{Text, text, text::Told};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{collections::BTreeSet, fmt, str::FromStr};

/// A level of protection, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Non protégé.
    Np,
    /// Diffusion restreinte: protects, but is no classification.
    Dr,
    /// Secret.
    S,
    /// Très Secret.
    Ts,
}

impl Level {
    /// The level as it is written.
    pub fn code(self) -> &'static str {
        match self {
            Self::Np => "NP",
            Self::Dr => "DR",
            Self::S => "S",
            Self::Ts => "TS",
        }
    }
}

impl FromStr for Level {
    type Err = BadMarking;

    fn from_str(text: &str) -> Result<Self, BadMarking> {
        match text {
            "NP" => Ok(Self::Np),
            "DR" => Ok(Self::Dr),
            "S" => Ok(Self::S),
            "TS" => Ok(Self::Ts),
            _ => Err(BadMarking(text.to_owned())),
        }
    }
}

/// A text that is no marking.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a marking: write a level (NP, DR, S, TS), then caveats and compartments after `+`, as in S+SF")]
pub struct BadMarking(pub String);

impl Told for BadMarking {
    fn problem(&self) -> Text {
        text!("`{given}` is not a marking.", "`{given}` n’est pas un marquage.", given = self.0)
    }

    fn remedy(&self) -> Text {
        text!(
            "Write a level (NP, DR, S, TS), then caveats and compartments after `+`, as in S+SF.",
            "Écrivez un niveau (NP, DR, S, TS), puis mentions et compartiments après `+`, comme dans S+SF."
        )
    }
}

/// One exact marking; also what a clearance reaches up to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Marking {
    /// The level.
    pub level: Level,
    /// Caveats (`SF`, Spécial France) and compartments, upper case.
    pub extras: BTreeSet<String>,
}

impl Marking {
    /// Not protected.
    pub fn np() -> Self {
        Self::of(Level::Np)
    }

    /// A bare level.
    pub fn of(level: Level) -> Self {
        Self { level, extras: BTreeSet::new() }
    }

    /// Whether a clearance at `self` covers what bears `other`: at least its level, and every caveat
    /// and compartment of it.
    pub fn dominates(&self, other: &Self) -> bool {
        self.level >= other.level && self.extras.is_superset(&other.extras)
    }

    /// The lowest marking that dominates both.
    pub fn join(&self, other: &Self) -> Self {
        Self { level: self.level.max(other.level), extras: self.extras.union(&other.extras).cloned().collect() }
    }
}

impl fmt::Display for Marking {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.level.code())?;
        self.extras.iter().try_for_each(|extra| write!(out, "+{extra}"))
    }
}

impl FromStr for Marking {
    type Err = BadMarking;

    fn from_str(text: &str) -> Result<Self, BadMarking> {
        let bad = || BadMarking(text.to_owned());
        let mut words = text.split('+');
        let level = words.next().unwrap_or_default().parse().map_err(|_| bad())?;
        let extras = words
            .map(|word| {
                let fits = (1..=32).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
                fits.then(|| word.to_owned()).ok_or_else(bad)
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { level, extras })
    }
}

impl Serialize for Level {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for Marking {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Marking {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marking(text: &str) -> Marking {
        text.parse().expect("a marking")
    }

    #[test]
    fn dominance_is_level_and_every_extra() {
        for (clearance, marked, covers) in [
            ("NP", "NP", true),
            ("S", "DR", true),
            ("S", "TS", false),
            ("TS", "S+SF", false),
            ("S+SF", "S+SF", true),
            ("TS+SF", "S+SF", true),
            ("TS+SF", "S+SF+OMEGA", false),
        ] {
            assert_eq!(marking(clearance).dominates(&marking(marked)), covers, "{clearance} {marked}");
        }
    }

    #[test]
    fn markings_read_back_in_one_form() {
        assert_eq!(marking("S+SF+ALPHA").to_string(), "S+ALPHA+SF");
        for bad in ["", "C", "s", "S+", "S+sf", "S SF"] {
            assert!(bad.parse::<Marking>().is_err(), "{bad}");
        }
    }
}
