"""The words of which names of licences are made, as patterns of folded text (`spellings.spelled`).

Sources: the titles of the deeds of Creative Commons in the languages of their translations, and the
jurisdictions at https://creativecommons.org/licenses/list.en.
"""

from __future__ import annotations

ELEMENTS = {
    "by": "by|attribution|namensnennung|atribucion|attribuzione|atribuicao|naamsvermelding|erkannande|nimea",
    "nc": "nc|non-?commercial(?:e|-use-only)?|non-?comm|no-?comercial|nao-?comercial|niet-?commercieel"
    "|nicht-?kommerziell|pas-d'utilisation-commerciale|icke-?kommersiell|ikke-?kommerciel|ei-?kaupallinen",
    "nd": "nd|no-?deriv(?:ative)?s?(?:-works)?|keine-bearbeitung(?:en)?|pas-de-modifications?"
    "|sin-?(?:obras-?)?derivadas?|non-opere-derivate|sem-?derivacoes|geen-?afgeleide-?werken"
    "|inga-?bearbetningar|ingen-?bearbejdelser?|ei-?muutoksia",
    "sa": "sa|share-?alike|weitergabe-unter-gleichen-bedingungen|partage-dans-les-memes-conditions"
    "|compartir-?igual|condividi-allo-stesso-modo|compartilha-?igual|gelijk-?delen|dela-?lika|jaa-?samoin",
}
"""The elements of a licence of Creative Commons, in the order of its name, with what they are called."""
PORTS = {
    "am": "armenia", "ar": "argentina", "at": "austria|osterreich", "au": "australia", "az": "azerbaijan",
    "be": "belgium|belgique|belgie", "bg": "bulgaria", "br": "brazil|brasil", "ca": "canada",
    "ch": "switzerland|schweiz|suisse", "cl": "chile", "cn": "china-mainland|mainland-china",
    "co": "colombia", "cr": "costa-rica", "cz": "czech-republic|czechia", "de": "germany|deutschland",
    "dk": "denmark|danmark", "ec": "ecuador", "ee": "estonia|eesti", "eg": "egypt", "es": "spain|espana",
    "fi": "finland|suomi", "fr": "france", "ge": "georgia", "gr": "greece", "gt": "guatemala",
    "hk": "hong-kong", "hr": "croatia", "hu": "hungary", "ie": "ireland", "il": "israel", "in": "india",
    "it": "italy|italia", "jp": "japan", "kr": "south-korea|korea", "lu": "luxembourg",
    "mk": "macedonia|north-macedonia", "mt": "malta", "mx": "mexico", "my": "malaysia",
    "nl": "netherlands|the-netherlands|nederland", "no": "norway|norge", "nz": "new-zealand",
    "pe": "peru", "ph": "philippines", "pl": "poland|polska", "pr": "puerto-rico", "pt": "portugal",
    "ro": "romania", "rs": "serbia", "se": "sweden|sverige", "sg": "singapore", "si": "slovenia",
    "th": "thailand", "tw": "taiwan", "ug": "uganda", "us": "united-states|usa",
    "scotland": "uk:?-scotland", "uk": "(?:uk:?-)?england(?:-&|-and)-wales|england-wales",
    "ve": "venezuela", "vn": "vietnam", "za": "south-africa",
    "igo": "intergovernmental-organi[sz]ations?",
}  # fmt: skip
"""Jurisdictions that Creative Commons ported its licences to, up to version 3.0, with their names; IGO is
for international organisations."""
VERSION = r"(?:v(?:ersion)?[.-]?)?[1-9](?:[.-]\d)?(?![.-]?\d)"
"""A version, as far as it is alone: `4.0`, `4`, `4_0`, `v4.0`, `version 4.0`."""
SEVERAL = r"[1-4][.-]\d(?:[-,]+[1-4][.-]\d)+(?![.-]?\d)"
"""Several versions of one licence, as Wikimedia Commons has them: `4.0,3.0,2.5`."""
SCOPE = (
    "international|internacional|internazionale|internationaal|internationell|kansainvalinen|intl|int"
    "|unported|non-transpose|nicht-portiert|niet-geport|no-portada|nao-adaptada"
    "|generic|generico|generique|universal|universell"
    "|(?:public-|legal-)?(?:licen[cs]es?|lizenz|licencia|licenza|licenca|licentie)|waiver|dedication"
    "|deed|legal-?code"
)
"""Words beside the name of a licence that change nothing."""
TAGS = "or-(?:any-)?later(?:-version)?|some-rights-reserved|migrated(?:-with-disclaimers)?"
"""What is said beside licences of Creative Commons and changes nothing of them."""
LEAD = (
    "(?:this-(?:work|image|file|photo|photograph|picture|item)-is-)?"
    "(?:licen[cs]ed|available|released|published|distributed)-under(?:-the-terms-of)?(?:-an?|-the)?"
    "|licen[cs]e:|the"
)
"""What stands before the name of a licence."""
PUBLIC_DOMAIN = (
    "pd|(?:(?:this-(?:work|image|file|photo|photograph|picture|item)-is-)?in-the-)?public-?domain"
    "|gemeinfrei|domaine-public|dominio-publico|dominio-pubblico|publiek-domein"
)
NO_RESTRICTIONS = (
    "(?:there-are-)?no-known-(?:(?:copyright-|legal-|rights-)?restrictions?|copyright)"
    "(?:-on-(?:publication|reproduction|use|reuse))?|no-restrictions"
)
"""Statements that no copyright is known, and nothing else."""
GOVERNMENT = r"(?:works?-of-the-)?(?:u\.?-?s\.?|united-states)(?:-federal)?-gov(?:ernment)?(?:-works?)?"
"""Works of the government of the United States."""
SITE = "(unsplash|pexels|pixabay)(?:-content)?(?:-licen[cs]e)?"
"""The licences of sites for photographs."""
