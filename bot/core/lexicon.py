"""Word lists for English and Swahili: function words, weak words, textese, negation. Data for bot.core.words; all folded."""

import re
from collections.abc import Mapping

from bot.core.types import Lang


def bag(text: str) -> frozenset[str]:
    """The words of `text`, which is how long lists stay readable."""
    return frozenset(text.split())


# Words that carry no topic. A reply may use them freely in its own language; a question's are not searched for.
FUNCTION: Mapping[Lang, frozenset[str]] = {
    Lang.EN: bag(
        """
        a an the this that these those some any each every all every both such same other another i me my mine we us our you your
        yours he him his she her it its they them their who whom whose which what when where why how is are was were be been being
        am do does did doing done have has had having will would shall should can could may might must to of in on at by for from
        with into onto about as and or but so than then there here also too very just please thanks thank hi hello dear sir madam ok
        okay yes if while let lets im ive id theres whats one ones self up down out off over again more most much many lot own etc
        via per am pm
        """
    ),
    Lang.SW: bag(
        """
        na ya wa za la cha vya kwa ni katika kama au pia lakini ili hii huu hiki hizi hivi hili haya hao hawa huyo huyu hiyo hizo
        hayo hilo hicho hivyo huo hapo hapa huko kuna pana mna yupo ipo zipo iko ziko kwenye kwamba kuwa basi tu sana zaidi mimi
        wewe yeye sisi nyinyi ninyi wao yangu wangu langu changu zangu vyangu yako wako lako chako zako vyako yake wake lake chake
        zake vyake yetu wetu letu chetu zetu yao lao chao nini gani vipi lini wapi nani kwanini je jinsi namna ngapi ipi yupi zipi
        mbona tafadhali asante habari hujambo mambo sasa bado tena kila yote wote zote vyote lote chote moja mwenye yenye wenye
        zenye ambayo ambao ambaye ambalo ambazo ndio ndiyo halafu kisha ndani nje juu chini kati hata kwani eti ati mwa kwake kwangu
        kwako
        """
    ),
}
ALL_FUNCTION = frozenset().union(*FUNCTION.values())

# Words of a question that say little about its topic. They count, but for less.
WEAK = bag(
    """
    want need know tell ask say says said give get got go going make made take use used using help best good bad better right way
    ways thing things kind type types start stop keep put see look find try happen happens mean means work works come back really
    still ever now today new people person someone something anything explain show nice between number name year time day first last
    big small long short cant like think call called before after during without list nataka ninataka nahitaji ninahitaji naomba
    niambie nieleze nipe saidia nisaidie msaada kujua najua fanya nifanye kufanya tufanye afanye inafaa faa nzuri vizuri bora mbaya
    njia kitu vitu aina tumia kutumia natumia nitumie anza kuanza naweza unaweza kuweza weza ninaweza inaweza pata kupata napata
    nipate leo kesho jana mtu watu maana nitajuaje kuhusu sawa inakuwa huwa nina una ana tuna wana saa siku wakati kabla baada mwaka
    bila
    """
)

# Textese and Sheng -> plain words. Only what spelling distance cannot find by itself.
TEXTESE: Mapping[str, str] = dict(
    line.split(" ", 1)
    for line in """u you
r are
ur your
pls please
plz please
plse please
wat what
wht what
hw how
wen when
wer where
y why
bcoz because
coz because
cos because
b4 before
2day today
2moro tomorrow
2morrow tomorrow
gr8 great
gd good
mny many
mnth month
mnths months
wk week
wks weeks
yr year
yrs years
hr hour
hrs hours
mins minutes
ppl people
fone phone
biz business
fert fertilizer
fertiliser fertilizer
fertilisers fertilizer
dont do not
dnt do not
doesnt does not
didnt did not
isnt is not
arent are not
wasnt was not
cant can not
cannot can not
cnt can not
wont will not
shouldnt should not
mustnt must not
wouldnt would not
couldnt could not
havent have not
hasnt has not
nt not
neva never
nn nini
nin nini
vp vipi
wp wapi
gan gani
kwann kwa nini
kwanin kwa nini
kwanini kwa nini
cjui sijui
xaxa sasa
xana sana
xawa sawa
ww wewe
m2 mtu
wa2 watu
k2 kitu
ki2 kitu
vi2 vitu
kwel kweli
ktk katika
kwny kwenye
tfdhl tafadhali
tafadhal tafadhali
doo pesa
ganji pesa
chapaa pesa
mkwanja pesa
mbesha pesa""".splitlines()
)

NEGATORS = bag(
    """
    not no never none nor neither without avoid avoids avoiding except unless dont dnt cannot cnt cant wont doesnt didnt isnt arent
    wasnt shouldnt mustnt wouldnt couldnt havent hasnt nt neva si sio siyo hapana hakuna hamna kamwe bila epuka kuepuka uepuke
    epukeni isipokuwa wala
    """
)
# Swahili puts its "not" inside the verb: usinyunyize, haifai, yasiyo, kutokula, sitaki.
SW_NOT = re.compile(
    r"^(?:u|m|a|wa|tu|ni|i|ya|vi|zi|ki|li|ku|pa)si(?:[a-z]+[eiu]|yo[a-z]*|zo[a-z]*|o[a-z]*)$"  # usipande, yasiyofaa
    + r"|^ha(?:wa|tu|m|u|i|ya|zi|vi|ki|ku|pa|li)[a-z]{3,}$"  # haifai
    + r"|^kuto[a-z]{3,}$|^si(?:na|ta|ku|ja)[a-z]{2,}$"  # kutokula, sitaki
)
# Words that only look like the negative forms above.
SW_NOT_NOT = bag(
    """
    usiku msitu msimu msingi misingi msiba msikiti asili usiri wasili hatari hatua haraka hakika hakikisha hamisha hamira harufu
    hali halisi haki hasara hapa hapo hadi hata halafu hasa haya hivyo usingizi wasiwasi kisima kisiwa visima visiwa misitu hamu
    halmashauri hakiki hamasa hatimaye haiba kisiki visiki asidi usimamizi usimame usindikaji siku
    """
)
