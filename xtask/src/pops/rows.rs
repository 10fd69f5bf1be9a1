//! Parses and validates the rows of `data/pops.csv`.

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

use super::data_centers::{DATA_CENTERS, DataCenter};

/// One POP of the CSV. Columns that the generated files do not need are not read.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    /// Three upper-case letters or digits.
    pub(super) code: String,
    /// The name of the city.
    pub(super) city: String,
    /// The ISO 3166 code of the country.
    pub(super) country: String,
    group: Group,
    latitude: f64,
    longitude: f64,
    status: Status,
    /// The data center that the cables from here lead to, if distances are to be measured along them.
    via: Option<String>,
}

/// The group of a POP by routing: Canada, for example, is in the United States, and the Emirates are in
/// Asia/Pacific.
#[derive(Clone, Copy, Debug, Deserialize)]
enum Group {
    Africa,
    #[serde(rename = "Asia/Pacific")]
    AsiaPacific,
    Europe,
    India,
    #[serde(rename = "South America")]
    SouthAmerica,
    #[serde(rename = "United States")]
    UnitedStates,
}

/// Whether a POP is in use.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Current,
    Retired,
    Unconfirmed,
}

impl Row {
    /// The name of the POP's `Area` in the application.
    pub(super) const fn area(&self) -> &'static str {
        match self.group {
            Group::Africa | Group::Europe => "EuropeAfrica",
            Group::AsiaPacific | Group::India | Group::SouthAmerica | Group::UnitedStates => {
                "Elsewhere"
            }
        }
    }

    /// Latitude and longitude in degrees.
    pub(super) const fn coordinates(&self) -> (f64, f64) {
        (self.latitude, self.longitude)
    }

    /// Whether it is in use.
    pub(super) const fn status(&self) -> Status {
        self.status
    }

    /// The city without the suffix that distinguishes its POPs: `Tokyo - NRT` and `Paris (Metro)` are Tokyo and Paris.
    pub(super) fn plain_city(&self) -> &str {
        let end = [" - ", " ("]
            .iter()
            .filter_map(|mark| self.city.find(mark))
            .min();
        end.and_then(|end| self.city.get(..end))
            .unwrap_or(&self.city)
    }

    /// The data center along which distances from here are measured.
    pub(super) fn via(&self) -> Option<DataCenter> {
        DATA_CENTERS
            .into_iter()
            .find(|data_center| Some(data_center.name) == self.via.as_deref())
    }

    fn check(&self) -> Result<()> {
        let is_code = self.code.len() == 3
            && self
                .code
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        ensure!(is_code, "a code is three upper-case letters or digits");
        ensure!(
            self.latitude.abs() <= 90.0,
            "latitude {} is not between -90 and 90",
            self.latitude
        );
        ensure!(
            self.longitude.abs() <= 180.0,
            "longitude {} is not between -180 and 180",
            self.longitude
        );
        if let (Some(name), None) = (&self.via, self.via()) {
            bail!(
                "via `{name}` is not a data center: it is one of {}",
                DATA_CENTERS.map(|data_center| data_center.name).join(", ")
            );
        }
        Ok(())
    }
}

/// Parses all rows, which must be valid, sorted by code, and without duplicates.
///
/// # Errors
///
/// Names the line of the first invalid row.
pub(super) fn parse(csv: &str) -> Result<Vec<Row>> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let headers = reader.headers()?.clone();
    let mut rows: Vec<Row> = Vec::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let row: Row = record.deserialize(Some(&headers))?;
        row.check()
            .with_context(|| format!("line {line} ({})", row.code))?;
        if let Some(previous) = rows.last() {
            ensure!(
                previous.code != row.code,
                "line {line} ({}): duplicate code",
                row.code
            );
            ensure!(
                previous.code < row.code,
                "line {line} ({}): rows are sorted by code, and this one follows {}",
                row.code,
                previous.code
            );
        }
        rows.push(row);
    }
    ensure!(!rows.is_empty(), "there is no row");
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "code,city,group,country,latitude,longitude,status,position,sources,via\n";

    fn error_of(rows: &str) -> String {
        let error = parse(&format!("{HEADER}{rows}")).expect_err("these rows are not sound");
        format!("{error:#}")
    }

    #[test]
    fn a_row_gives_area_place_and_way() {
        let rows = parse(&format!(
            "{HEADER}AMS,Amsterdam,Europe,NL,52.3086,4.7639,current,given,x,\n\
             HKG,Hong Kong,Asia/Pacific,HK,22.3089,113.9146,current,given,x,us-west\n"
        ))
        .expect("two sound rows");
        let [ams, hkg] = rows.as_slice() else {
            panic!("there are {} rows", rows.len());
        };
        assert_eq!(ams.area(), "EuropeAfrica");
        assert_eq!(ams.coordinates(), (52.3086, 4.7639));
        assert_eq!(ams.via(), None);
        assert_eq!(hkg.area(), "Elsewhere");
        assert_eq!(hkg.via(), Some(DATA_CENTERS[0]));
    }

    #[test]
    fn an_error_names_the_row_and_what_is_wrong() {
        let good = "ACC,Accra,Africa,GH,5.5,-0.2,current,given,x,\n";
        for (row, message) in [
            (
                "ams,A,Europe,NL,1,1,current,given,x,",
                "line 3 (ams): a code is",
            ),
            (
                "AMST,A,Europe,NL,1,1,current,given,x,",
                "line 3 (AMST): a code is",
            ),
            (
                "AMS,A,Europe,NL,90.1,1,current,given,x,",
                "line 3 (AMS): latitude 90.1",
            ),
            (
                "AMS,A,Europe,NL,NaN,1,current,given,x,",
                "line 3 (AMS): latitude NaN",
            ),
            (
                "AMS,A,Europe,NL,1,-180.5,current,given,x,",
                "line 3 (AMS): longitude -180.5",
            ),
            (
                "AMS,A,Europe,NL,1,1,current,given,x,us-south",
                "line 3 (AMS): via `us-south` is not a data center",
            ),
            (
                "ACC,A,Africa,GH,1,1,current,given,x,",
                "line 3 (ACC): duplicate code",
            ),
            (
                "ABC,A,Africa,GH,1,1,current,given,x,",
                "line 3 (ABC): rows are sorted",
            ),
            ("AMS,A,Europe,NL,1,1,closed,given,x,", "closed"),
            ("AMS,A,Mars,NL,1,1,current,given,x,", "line: 3"),
            ("AMS,A,Mars,NL,1,1,current,given,x,", "Mars"),
            ("AMS,A,Europe,NL,north,1,current,given,x,", "line: 3"),
            ("AMS,A,Europe,NL,1,1,current,given,x", "line: 3"),
        ] {
            let error = error_of(&format!("{good}{row}\n"));
            assert!(error.contains(message), "{row}: {error}");
        }
        assert!(error_of("").contains("no row"));
    }

    #[test]
    fn a_city_is_plain_without_what_tells_its_pops_apart() {
        for (city, plain) in [
            ("Tokyo - NRT", "Tokyo"),
            ("Frankfurt - Interxion", "Frankfurt"),
            ("Paris (Metro)", "Paris"),
            ("Chicago/Romeoville", "Chicago/Romeoville"),
            ("Sao Paulo", "Sao Paulo"),
        ] {
            let rows = parse(&format!(
                "{HEADER}AMS,{city},Europe,NL,1,1,retired,given,x,\n"
            ))
            .expect("a sound row");
            assert_eq!(rows[0].plain_city(), plain);
            assert_eq!(rows[0].status(), Status::Retired);
        }
    }

    #[test]
    fn a_missing_column_is_named() {
        let error = parse("code,city\nAMS,Amsterdam\n").expect_err("columns are missing");
        assert!(format!("{error:#}").contains("country"), "{error:#}");
    }
}
