"""Words that invented people and towns are named from.

Last names and towns are composed of two parts, so that thousands of them come from short lists and none is taken from
a roster. First names are the usual ones of where somebody was born.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Heritage:
    """How people who were born in some countries are named. `first` may hold 'Robert/Bob': the given and the used name.

    Countries without states have none in `states`; `share` is how many players in a thousand come from here.
    """

    share: int
    countries: tuple[str, ...]
    states: tuple[str, ...]
    first: tuple[str, ...]
    last_heads: tuple[str, ...]
    last_tails: tuple[str, ...]
    town_heads: tuple[str, ...]
    town_tails: tuple[str, ...]
    drafted: bool
    two_last_names: bool = False

    def last_name(self, rng: Random) -> tuple[str, str]:
        """Compose a last name: its two parts, of which the first is stressed."""
        return rng.choice(self.last_heads), rng.choice(self.last_tails)

    def town(self, rng: Random) -> str:
        """Compose the name of a town."""
        return rng.choice(self.town_heads) + rng.choice(self.town_tails)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ENGLISH_FIRST = _words(
    """Aaron Adrian Alexander/Alex Anthony/Tony Archer Asher Austin Beckett Benjamin/Ben Blake Brandon Brendan
    Bryce Caleb Calvin/Cal Cameron/Cam Carson Chase Christopher/Chris Clayton/Clay Colin Connor Cooper
    Daniel/Danny Darius Davis Declan Desmond/Dez Devin Drew Dylan Edward/Eddie Elijah/Eli Elliott Emmett Everett
    Finn Gabriel/Gabe Garrett Gavin Graham Grant Griffin Harrison Hayden Henry/Hank Hunter Isaiah Jackson/Jack
    Jalen Jamal James/Jim Jared Jason Jasper Jeremiah Joel Jonah Jordan Joseph/Joe Joshua/Josh Keaton Keegan
    Kendall Kevin Lamar Landon Leo Levi Logan Lucas/Luke Malcolm Malik Marcus Mason Matthew/Matt Maxwell/Max
    Michael/Mike Miles Nathaniel/Nate Nicholas/Nick Nolan Omar Oscar Owen Parker Patrick/Pat Peter Philip
    Preston Quentin Quincy Reid Robert/Bobby Roland Ronan Russell Samuel/Sam Seth Sterling Tanner Terrence
    Theodore/Ted Thomas/Tommy Timothy/Tim Trevor Tristan Tyrell Victor Vincent/Vinny Warren Wesley/Wes
    William/Will Wyatt Xavier Zachary/Zach"""
)
_SPANISH_FIRST = _words(
    """Abelardo Adalberto Aníbal Ariel Arturo Benito Camilo Celestino Cristian Dagoberto Darío Edmundo Efraín
    Eliseo Emilio Enrique/Kike Esteban Eugenio Fabián Felipe Fermín Gerardo Gilberto/Gil Gonzalo Gregorio/Goyo
    Heriberto Hernán Horacio Ignacio/Nacho Isidro Joaquín Leandro Leonel Lisandro Luciano Marcelo Mauricio
    Maximiliano/Maxi Nicanor Octavio Osvaldo Pascual Patricio Raimundo Ramiro Reinaldo Rogelio Román Rubén
    Rufino Salvador Saúl Silvio Teodoro Ulises Valentín Vicente Wilmer Yadiel Yosmel Zacarías"""
)

AMERICAN = Heritage(
    share=735,
    countries=("USA",),
    states=_words(
        "CA CA CA CA TX TX TX FL FL FL GA GA NC NC OH PA IL AZ TN VA NY NJ WA AL SC MS LA MO IN KY OK OR MI MD MA"
        " CO KS NV WI MN AR CT IA NE UT HI DE NH ID NM"
    ),
    first=_ENGLISH_FIRST,
    last_heads=_words(
        """Alder Amber Ash Barrow Birken Black Bracken Bram Brindle Cald Carden Chal Cinder Cold Corn Crane Dagger Dun
        Ebber Elder Fair Farring Fen Flint Garth Glad Grim Hallow Hamp Harrow Heather Holling Ink Iver Kel Kestrel
        Lang Lark Lin Locken Marl Mere Mossen Nether Oaken Orring Pember Pike Quill Ravens Rook Rush Sallow Sedge
        Shaw Silver Sparrow Stan Starling Stone Swift Tarn Thistle Thorn Tolling Under Vander Wain Wether Whin Wick
        Wind Wolver Wren Yarrow"""
    ),
    last_tails=_words(
        """acre bourne bridge combe cott croft dale den drake fell field gale garth grave grove hurst ingham keld lock
        low mane mead mere moor quist shank sley stead stock thwaite tree vale wade worthy yard"""
    ),
    town_heads=_words(
        """Abbot Amity Barley Bel Cedar Clear Copper Crow Dover Eden Fair Fox Garnet Granite Hazel Heron Iron June
        Kettle Laurel Lime Maple Mill North Oak Otter Pine Plum Quarry Red Rose Salt Sand Spring Sugar Tamarack
        Union Violet Walnut Willow"""
    ),
    town_tails=(*_words("boro bury field mont port ton view ville"), " Creek", " Falls", " Grove", " Hollow"),
    drafted=True,
)
SPANISH = Heritage(
    share=212,
    countries=(*["Dominican Republic"] * 9, *["Venezuela"] * 7, "Cuba", "Cuba", "Mexico", "Panama", "Colombia"),
    states=(),
    first=_SPANISH_FIRST,
    last_heads=_words(
        """Alba Alma Ara Bara Basti Bena Cala Carra Corde Duran Ecla Esca Ferra Gama Gual Haro Iriz Jara Lanza Lore
        Madri Mira Monte Nava Olmo Orte Pala Peña Quinta Riva Sala Sori Tama Tello Urbi Vala Vega Villa Yero Zalda
        Zapa Zara"""
    ),
    last_tails=_words(
        """briga cedo cosa dueza gorta güero landa legui lloa mazo mendi ñares naz queza rroya seda tarra tella tierra
        yola zábal zuela"""
    ),
    town_heads=("San ", "Santa ", "Villa ", "Puerto ", "Los ", "Río ", "Monte ", "Boca "),
    town_tails=_words("Aurelio Brisas Cordera Dorado Esmeralda Higuera Limonal Marisma Nogal Palmar Roble Sereno"),
    drafted=False,
    two_last_names=True,
)
PUERTO_RICAN = Heritage(
    share=20,
    countries=("Puerto Rico",),
    states=(),
    first=_SPANISH_FIRST,
    last_heads=SPANISH.last_heads,
    last_tails=SPANISH.last_tails,
    town_heads=("Barrio ", "Playa ", "Cerro ", "Loma "),
    town_tails=("Almendro", "Caracola", "Guamá", "Jacinto", "Tortuga", "Yagrumo"),
    drafted=True,
    two_last_names=True,
)
JAPANESE = Heritage(
    share=15,
    countries=("Japan",),
    states=(),
    first=_words("Asahi Daigo Genta Haruto Hayate Itsuki Kaito Kohei Minato Naoya Ren Riku Shunpei Sōta Takumi Yūma"),
    last_heads=_words("Ame Hino Kasumi Kiri Mizo Naga Oku Shio Suga Tachi Take Tsuyu Waka Yuki"),
    last_tails=_words("baru gase hama jima kubo mizu numa saka shiba tomo zaki"),
    town_heads=_words("Aoi Hoshi Kaze Mido Sakura Umi"),
    town_tails=("be", "gawa", "hara", "mura", "saki"),
    drafted=False,
)
KOREAN = Heritage(
    share=6,
    countries=("Republic of Korea",),
    states=(),
    first=_words("Do-yun Eun-ho Geon-woo Ha-neul Ji-won Jun-seo Min-jae Seo-jun Si-woo Tae-oh"),
    last_heads=("Dok", "Hwang", "Je", "Nam", "Sa", "Seo"),
    last_tails=("bo", "gal", "go", "gong", "mun", "nu"),
    town_heads=("Baek", "Cheong", "Dae", "Son"),
    town_tails=("chon", "dong", "nae", "san"),
    drafted=False,
)
CANADIAN = Heritage(
    share=12,
    countries=("Canada",),
    states=("ON", "BC", "QC", "AB", "SK", "NS"),
    first=_ENGLISH_FIRST,
    last_heads=AMERICAN.last_heads,
    last_tails=AMERICAN.last_tails,
    town_heads=_words("Beaver Birch Caribou Loon Moose Spruce"),
    town_tails=(" Bay", " Lake", " Narrows", " River", "wood"),
    drafted=True,
)
HERITAGES = (AMERICAN, SPANISH, PUERTO_RICAN, JAPANESE, KOREAN, CANADIAN)

NICKNAMES = _words(
    """Acorn Anvil Badger Banjo Barnacle Biscuit Bishop Bolt Boomer Bricks Bubba Bugle Buzz Cactus Cap Chief Clutch
    Cookie Cowboy Cricket Dash Deacon Diesel Doc Domino Duke Fiddle Flash Fuse Gizmo Goose Gravy Hammer Hatch
    Hoss Jazz Kid Lefty Magic Moose Noodle Pepper Pickle Pops Professor Radar Rocket Rusty Scout Skeeter Slim
    Smoke Sparky Spud Stretch Taco Tank Tex Thunder Tin Turbo Twig Waffle Whistle Wheels Ziggy"""
)
SUFFIXES = ("Jr.", "Jr.", "Jr.", "II", "III", "IV")
