"""Sizes of public data sets add up, and say when a paper tests more than there is."""

import pytest

from workflow_scripts.contracts.public_sets import RECOGNISED, public_sets, sets_named, sets_of_files, size_hints
from workflow_scripts.contracts.result_tables import ClassSizes, PaperTables


def test_classes_and_parts_of_every_set_add_up_to_its_size():
    for public in public_sets():
        assert not public.classes or sum(public.classes.values()) == public.size, public.names
        assert not public.parts or sum(public.parts.values()) == public.size, public.names
        assert public.source and public.items
    assert len(public_sets()) > 40


def test_no_two_sets_share_a_name():
    names = [name.lower() for public in public_sets() for name in dict.fromkeys(map(str.lower, public.names))]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("name", "sizes"),
    [("Herlev", [917]), ("the SIPaKMeD images", [4049]), ("Messidor-2", [1748]), ("own", []), ("Herlevs own", []),
     ("Herlev and SIPaKMeD", [917, 4049])],
)  # fmt: skip
def test_a_set_is_known_by_a_name_that_is_mentioned(name, sizes):
    assert [public.size for public in sets_named(name)] == sizes


def test_more_test_samples_than_the_public_set_has_are_told():
    paper = PaperTables(
        "made", (), data_name="Herlev", test_n=1834, test_n_by_class=(ClassSizes((75, 1), ("columnar", "superficial")),)
    )
    assert [hint.exceeds for hint in size_hints(paper)] == [False, True]
    assert "has 917 cells" in size_hints(paper)[0].words and "1,834" in size_hints(paper)[1].words
    more = PaperTables("made", (), data_name="Herlev", test_n=300, test_n_by_class=(ClassSizes((99,), ("columnar",)),))
    assert "99 test samples of columnar are more than the 98" in size_hints(more)[1].words


def test_another_size_in_the_paper_is_told():
    paper = PaperTables("made", (), data_name="Herlev", public_size=918)
    assert size_hints(paper)[1].exceeds and "gives 918" in size_hints(paper)[1].words
    assert len(size_hints(PaperTables("made", (), data_name="Herlev", public_size=917))) == 1


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("lung_image_sets/lung_aca/lungaca{}.jpeg", "LC25000"),
        ("im_Dyskeratotic/CROPPED/{:03}_01.bmp", "SIPaKMeD"),
        ("New database pictures/severe_dysplastic/149056785-149056797-{:03}.BMP", "Herlev"),
        ("train/Type_2/{}.jpg", "MobileODT"),
        ("ISIC_2020/train/ISIC_{:07}.jpg", "ISIC 2020"),
        ("PAD/PAT_{}_23_456.png", "PAD-UFES-20"),
        ("malignant/SOB/ductal_carcinoma/SOB_M_DC_14-2523/40X/SOB_M_DC-14-2523-40-{:03}.png", "BreakHis"),
        ("10253/0/10253_idx5_x{}_y351_class0.png", "IDC patches"),
        ("train/{:040x}.tif", "PatchCamelyon"),
        ("NORM/10009_CRC-Prim-HE-0{}_004.tif_Row_451_Col_1.tif", "Kather texture"),
        ("Dataset_BUSI_with_GT/benign/benign ({})_mask.png", "BUSI"),
        ("AllDICOMs/2058690{}_6c613a14b80a8591_MG_R_CC_ANON.dcm", "INbreast"),
        ("train/{}_left.jpeg", "EyePACS"),
        ("images/{:08}_003.png", "ChestX-ray14"),
        ("train/patient{:05}/study1/view1_frontal.jpg", "CheXpert"),
        ("train/PNEUMONIA/person{}_bacteria_4.jpeg", "Kermany pneumonia"),
        ("train/CNV/CNV-1016042-{}.jpeg", "Kermany OCT"),
        ("COVID/images/COVID-{}.png", "COVID-19 Radiography"),
        ("COVID/Covid ({}).png", "SARS-CoV-2 CT"),
        ("train/XR_ELBOW/patient{:05}/study1_positive/image1.png", "MURA"),
        ("Parasitized/C33P1thinF_IMG_20150619_114756a_cell_{}.png", "NIH malaria"),
        ("PBC_dataset_normal_DIB/ig/MMY_{}.jpg", "PBC"),
        ("Training/glioma/Tr-gl_{:04}.jpg", "Brain Tumor MRI Dataset"),
        ("train/MildDemented/mildDem{}.jpg", "Alzheimer's Dataset 4 classes"),
    ],
)
def test_a_set_is_recognised_by_the_names_of_its_files_and_what_repeats_is_said(path, name):
    paths = [path.format(number) for number in range(RECOGNISED)]
    (public,) = sets_of_files([*paths, "other.png"])
    assert public.names[0] == name and public.repeats
    assert not sets_of_files(paths[:-1]) and not sets_of_files([*paths, *["other.png"] * 99])


def test_patches_of_one_collection_are_told_from_those_of_another():
    letters = "ABCDEFGHIJKLM"
    assert [public.names[0] for public in sets_of_files([f"ADI/ADI-{letter}AAFLCLY.tif" for letter in letters])] == [
        "NCT-CRC-HE-100K"
    ]
    assert not sets_of_files([f"ADI/ADI-TCGA-{letter}AAFLCLY.tif" for letter in letters])


def test_what_is_said_of_repeats_is_said_of_files_that_are_recognised():
    assert all(bool(public.files) == bool(public.repeats) for public in public_sets())
    assert sum(bool(public.repeats) for public in public_sets()) > 20
