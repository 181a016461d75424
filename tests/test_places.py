"""Which file holds which configured value."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

from xpresso_core import places
from xpresso_core.places import Place

ROOT = Path(__file__).resolve().parents[1]


def load(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())


def test_a_simulated_species_fetches_nothing() -> None:
    assert places.places(load("demo")) == {}


def test_everything_that_the_paper_needs_is_fetched_once() -> None:
    config = load("paper")
    found = places.places(config)
    assert found["human", "genome.fa"] == Place("species.human.genome", "ensembl90_genome_human")
    assert found["mouse", "encode.metadata.tsv"].value == "mouse_encode_metadata"
    assert found["mouse", "mesc.tsv.gz"] == Place("species.mouse.tables.mesc", "mouse_mesc_ouyang")
    assert found["human", "gene_names_2.tsv"].value == "hgnc_gene_names"
    assert found["human", "sure_K562.plus.bw"] == Place("reporters.sure_K562.plus", "sure_k562_plus")
    assert found["human", "sure_K562.chain.gz"].value == "hg38_to_hg19_chain"
    assert found["human", "human_mouse.orthologs.tsv"].key == "comparisons.human_mouse.orthologs"
    human, mouse = ([file for species, file in found if species == name] for name in ("human", "mouse"))
    assert len(human) == 17
    assert len(mouse) == 13
    assert found["human", "K562.domains.segments.bed"] == Place(
        "residuals.K562.groups.domains.segments", "dihmm_domains"
    )
    assert found["mouse", "mESC.mirna_targets.tsv"].value == "targetscan_mouse_71"
    assert not [file for _, file in found if "labelled" in file]  # lists of the project are not fetched


def test_what_is_null_has_no_file() -> None:
    config = load("human_mini")
    assert places.reporter_file(config, "sure_K562", "chain") is None
    assert places.orthologs_file(config, "K562_GM12878") is None
    config["species"]["human_mini"] |= {"cage_peaks": None, "gene_names": []}
    assert not places.has_cage_peaks(config, "human_mini")
    assert places.name_files(config, "human_mini") == []
    assert ("human_mini", places.CAGE_PEAKS) not in places.places(config)


def test_how_tables_are_read() -> None:
    config = load("paper")
    assert places.sample_names_file(config, "human", "roadmap") == "roadmap.sample_names.tsv"
    assert places.sample_names_file(config, "mouse", "encode") == "encode.files.tsv"
    assert places.sample_names_file(config, "mouse", "mesc") is None
    assert places.table_settings(config, "human", "roadmap") == {"format": "matrix", "ids": "gene"}
    expected = {"format": "encode", "ids": "gene", "assembly": "mm10"}
    assert places.table_settings(config, "mouse", "encode") == expected
    assert places.encode_tables(config) == ["encode"]
    assert places.encode_tables(load("demo")) == ["encode"]
    assert places.encode_tables(load("human_mini")) == []


def test_one_record_stands_for_a_simulated_species_and_one_for_each_fetched_file() -> None:
    demo, mini = load("demo"), load("human_mini")
    assert places.records(demo, "demo", ["a", "b"]) == ["resources/demo/truth/model.json"]
    assert places.records(mini, "human_mini", ["a"]) == ["resources/human_mini/a.source.json"]


def test_no_result_depends_on_where_files_lie() -> None:
    config = load("demo")
    other = copy.deepcopy(config) | {"data_dir": "/elsewhere"}
    assert places.settings_without_places(config) == places.settings_without_places(other)


def test_motifs_come_from_a_simulation_a_release_of_jaspar_or_a_file() -> None:
    demo, mini = load("demo"), load("human_mini")
    assert places.motif_file(demo, "demo_baselines") == "motifs.meme"
    assert "motifs.meme" in places.SIMULATED_FILES
    assert places.motif_file(mini, "mini_baselines") is None
    for config, name in ((demo, "demo_baselines"), (mini, "mini_baselines")):
        for motifs, file in (
            ("JASPAR2024:plants", None),
            ("my.meme", f"{name}.motifs.meme"),
            ("JASPAR2016.meme", f"{name}.motifs.meme"),
            ("https://example.org/JASPAR2016", f"{name}.motifs.meme"),
        ):
            config["baselines"][name]["motifs"] = motifs
            assert places.motif_file(config, name) == file


def test_motifs_of_a_file_are_fetched_whether_the_species_is_or_not() -> None:
    for species, name in (("demo", "demo_baselines"), ("human_mini", "mini_baselines")):
        config = load(species)
        before = places.places(config)
        assert not any("motifs" in place.key for place in before.values())
        config["baselines"][name]["motifs"] = "my.meme"
        file = f"{name}.motifs.meme"
        added = {(species, file): Place(f"baselines.{name}.motifs", "my.meme")}
        assert places.places(config) == before | added
        assert places.all_records(config)[f"{species}/{file}"] == f"resources/{species}/{file}.source.json"


def test_two_baselines_have_motifs_of_their_own() -> None:
    config = load("paper")
    for name in ("human_baselines", "human_baselines_folds", "mouse_baselines"):
        config["baselines"][name] = config["baselines"][name] | {"motifs": f"{name}.xml"}
    found = {where: place.value for where, place in places.places(config).items() if "motifs" in place.key}
    assert found == {
        ("human", "human_baselines.motifs.meme"): "human_baselines.xml",
        ("human", "human_baselines_folds.motifs.meme"): "human_baselines_folds.xml",
        ("mouse", "mouse_baselines.motifs.meme"): "mouse_baselines.xml",
    }


def test_baselines_predict_the_species_of_their_experiment() -> None:
    config = load("demo")
    assert places.species_of_baselines(config, "demo_baselines") == "demo"
    config["baselines"]["demo_baselines"]["experiment"] = "sister_orthologs"
    assert places.species_of_baselines(config, "demo_baselines") == "sister"
    config["baselines"]["demo_baselines"]["experiment"] = "demo_sizes-training_400-draw_2"
    assert places.species_of_baselines(config, "demo_baselines") == "demo"
