"""Sizes of public data sets add up, and say when a paper tests more than there is."""

import pytest

from workflow_scripts.contracts.paper_tables.result_tables import ClassSizes, PaperTables
from workflow_scripts.contracts.public_sets import RECOGNISED, public_sets, sets_named, sets_of_files, size_hints


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


# Names as the sets have them, with a number in place of one.
EXAMPLES = [
    ("lung_image_sets/lung_aca/lungaca{}.jpeg", "LC25000"),
    ("colon_image_sets/colon_aca/colonca{}.jpeg", "LC25000"),
    ("colon_image_sets/colon_n/colonn{}.jpeg", "LC25000"),
    ("im_Dyskeratotic/CROPPED/{:03}_01.bmp", "SIPaKMeD"),
    ("New database pictures/severe_dysplastic/149056785-149056797-{:03}.BMP", "Herlev"),
    ("High squamous intra-epithelial lesion/HSIL_2 (1{}).jpg", "Mendeley LBC"),
    ("Negative for Intraepithelial malignancy/NL_10_ ({}).jpg", "Mendeley LBC"),
    ("train/Type_2/{}.jpg", "MobileODT"),
    ("ISIC_2020/train/ISIC_{:07}.jpg", "ISIC 2020"),
    ("PAD/PAT_{}_23_456.png", "PAD-UFES-20"),
    ("malignant/SOB/ductal_carcinoma/SOB_M_DC_14-2523/40X/SOB_M_DC-14-2523-40-{:03}.png", "BreakHis"),
    ("benign/SOB/adenosis/SOB_B_A_14-22549AB/400X/SOB_B_A-14-22549AB-400-{:03}.png", "BreakHis"),
    ("Photos/InSitu/is{:03}.tif", "BACH"),
    ("centre_0/patient_{:03}_node_0.tif", "Camelyon17"),
    ("10253/0/10253_idx5_x{}_y351_class0.png", "IDC patches"),
    ("train/{:040x}.tif", "PatchCamelyon"),
    ("NORM/10009_CRC-Prim-HE-0{}_004.tif_Row_451_Col_1.tif", "Kather texture"),
    ("Dataset_BUSI_with_GT/benign/benign ({})_mask.png", "BUSI"),
    ("AllDICOMs/2058690{}_6c613a14b80a8591_MG_R_CC_ANON.dcm", "INbreast"),
    ("CBIS-DDSM/Calc-Training_P_0000{}_RIGHT_CC/08-07-2016-DDSM-23157/1-1.dcm", "CBIS-DDSM"),
    ("all-mias/mdb{:03}.pgm", "mini-MIAS"),
    ("Base11/20051020_6400{}_0100_PP.tif", "Messidor"),
    ("IMAGES/20051020_4380{}_0100_PP.png", "Messidor-2"),
    ("train_images/00{}c1434d8d7.png", "APTOS"),
    ("train/{}_left.jpeg", "EyePACS"),
    ("images/{:08}_003.png", "ChestX-ray14"),
    ("train/patient{:05}/study1/view1_frontal.jpg", "CheXpert"),
    ("train/PNEUMONIA/person{}_bacteria_4.jpeg", "Kermany pneumonia"),
    ("chest_xray/train/PNEUMONIA/BACTERIA-100808{}-0001.jpeg", "Kermany pneumonia"),
    ("chest_xray/train/NORMAL/NORMAL-114071{}-0001.jpeg", "Kermany pneumonia"),
    ("train/CNV/CNV-1016042-1{}.jpeg", "Kermany OCT"),
    ("train/NORMAL/NORMAL-101604{}-1.jpeg", "Kermany OCT"),
    ("COVID/images/COVID-{}.png", "COVID-19 Radiography"),
    ("Viral Pneumonia/images/Viral Pneumonia-{}.png", "COVID-19 Radiography"),
    ("COVID/Covid ({}).png", "SARS-CoV-2 CT"),
    ("non-COVID/Non-Covid ({}).png", "SARS-CoV-2 CT"),
    ("train/XR_ELBOW/patient{:05}/study1_positive/image1.png", "MURA"),
    ("Parasitized/C33P1thinF_IMG_20150619_114756a_cell_{}.png", "NIH malaria"),
    ("Parasitized/C39P4thinF_original_IMG_20150622_111206_cell_{}.png", "NIH malaria"),
    ("Uninfected/C1_thinF_IMG_20150604_104722_cell_{}.png", "NIH malaria"),
    ("Uninfected/C{}NThinF_IMG_20150609_121955_cell_51.png", "NIH malaria"),
    ("fold_0/all/UID_1_{}_2_all.bmp", "C-NMC"),
    ("fold_0/hem/UID_H6_{}_1_hem.bmp", "C-NMC"),
    ("dyed-lifted-polyps/0053d7c{}-549c-48cd-b370-b4ad64a8098a.jpg", "Kvasir v2"),
    ("augmented_images/chickenpox/aug_ch_0001_{:04}.jpg", "Web-scraped skin images"),
    ("PBC_dataset_normal_DIB/ig/MMY_{}.jpg", "PBC"),
    ("Training/glioma/Tr-gl_{:04}.jpg", "Brain Tumor MRI Dataset"),
    ("train/MildDemented/mildDem{}.jpg", "Alzheimer's Dataset 4 classes"),
]
LETTERS = "ABCDEFGHIJKLM"
PATCHES = {"NCT-CRC-HE-100K": "ADI/ADI-{}AAFLCLY.tif", "CRC-VAL-HE-7K": "ADI/ADI-TCGA-{}AICEQFN.tif"}


@pytest.mark.parametrize(("path", "name"), EXAMPLES)
def test_a_set_is_recognised_by_the_names_of_its_files_and_what_repeats_is_said(path, name):
    paths = [path.format(number) for number in range(RECOGNISED)]
    (public,) = sets_of_files([*paths, "other.png"])
    assert public.names[0] == name and public.repeats
    assert not sets_of_files(paths[:-1]) and not sets_of_files([*paths, *["other.png"] * 99])


@pytest.mark.parametrize(("name", "path"), PATCHES.items())
def test_patches_of_one_collection_are_told_from_those_of_another(name, path):
    assert [public.names[0] for public in sets_of_files([path.format(letter) for letter in LETTERS])] == [name]


def test_every_pattern_of_names_has_an_example():
    with_example = {name for _, name in EXAMPLES} | set(PATCHES)
    assert with_example == {public.names[0] for public in public_sets() if public.files}


@pytest.mark.parametrize("path", ["20220101123{}.png", "scans/IM00000{}.jpg", "a/n00{}.tif", "normal/1_{}.png"])
def test_names_that_any_scanner_gives_are_of_no_set(path):
    assert not sets_of_files([path.format(number) for number in range(RECOGNISED)])


def test_what_is_said_of_repeats_is_said_of_files_that_are_recognised():
    assert all(bool(public.files) == bool(public.repeats) for public in public_sets())
    # As docs/explanation/near_copies.md says.
    assert sum(bool(public.repeats) for public in public_sets()) > 30
