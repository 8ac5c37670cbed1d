"""The words of SMS commands, as data: for each meaning the words of each language, the one that we teach first.

Words are compared without case, accents and punctuation. A new word is a word in a line; a new language is a line in each
table. No word means two things; a test holds that.
"""

from collections.abc import Mapping
from typing import Final

Table = Mapping[str, Mapping[str, tuple[str, ...]]]

KEYWORDS: Final[Table] = {
    "balance": {
        "en": ("BAL", "BALANCE", "MY BALANCE"),
        "sw": ("SALIO", "SALIO LANGU"),
        "fr": ("SOLDE", "MON SOLDE"),
    },
    "statement": {
        "en": ("STMT", "STATEMENT", "MINI STATEMENT", "HISTORY"),
        "sw": ("TAARIFA",),
        "fr": ("RELEVE", "HISTORIQUE"),
    },
    "save": {
        "en": ("SAVE", "SAVING", "SAVINGS", "DEPOSIT", "CONTRIBUTE"),
        "sw": ("WEKA", "AKIBA", "WEKA AKIBA", "CHANGIA", "MCHANGO"),
        "fr": ("EPARGNE", "EPARGNER", "DEPOT", "DEPOSER", "COTISER", "COTISATION"),
    },
    "loan": {
        "en": ("LOAN", "LOANS", "BORROW"),
        "sw": ("MKOPO", "MIKOPO", "KOPA"),
        "fr": ("PRET", "PRETS", "EMPRUNT", "EMPRUNTER", "CREDIT"),
    },
    "repay": {
        "en": ("REPAY", "REPAY LOAN", "REPAYMENT", "PAY", "PAY LOAN"),
        "sw": ("LIPA", "LIPIA", "LIPA MKOPO", "REJESHA", "REJESHO", "MAREJESHO"),
        "fr": ("REMBOURSER", "REMBOURSE", "REMBOURSEMENT", "PAYER"),
    },
    "rsvp": {
        "en": ("RSVP", "MEETING"),
        "sw": ("MKUTANO", "KIKAO"),
        "fr": ("REUNION",),
    },
    "next": {
        "en": ("NEXT", "MORE"),
        "sw": ("ENDELEA", "ZAIDI"),
        "fr": ("SUITE", "SUIVANT", "PLUS"),
    },
    "group": {
        "en": ("GROUP", "GROUPS"),
        "sw": ("KIKUNDI", "VIKUNDI", "CHAMA"),
        "fr": ("GROUPE", "GROUPES"),
    },
    "lang": {
        "en": ("LANG", "LANGUAGE"),
        "sw": ("LUGHA",),
        "fr": ("LANGUE",),
    },
    "link": {
        "en": ("LINK",),
        "sw": ("UNGA", "UNGANISHA"),
        "fr": ("LIER", "RELIER"),
    },
    "verify": {
        "en": ("VERIFY",),
        "sw": ("HAKIKI", "HAKIKISHA"),
        "fr": ("VERIFIER", "VERIFIE"),
    },
    "dispute": {
        "en": ("DISPUTE",),
        "sw": ("PINGA",),
        "fr": ("CONTESTER", "CONTESTE", "CONTESTATION"),
    },
    "help": {
        "en": ("HELP", "HELP ME", "INFO"),
        "sw": ("MSAADA", "SAIDIA", "NISAIDIE"),
        "fr": ("AIDE", "AIDEZ", "AIDEZ MOI"),
    },
    # CANCEL and its like are not here: somebody who has just asked for a loan may mean the loan.
    "stop": {
        "en": ("STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "END", "QUIT"),
        "sw": ("ACHA", "SIMAMISHA"),
        "fr": ("ARRET", "ARRETE", "ARRETER", "DESABONNER"),
    },
    # RESUME is not here: without its accents, a French summary is written the same.
    "start": {
        "en": ("START", "UNSTOP", "SUBSCRIBE"),
        "sw": ("ANZA",),
        "fr": ("REPRENDRE", "DEMARRER"),
    },
}

# What is said to a call for a meeting; alone, it answers the next one.
ANSWERS: Final[Table] = {
    "yes": {"en": ("YES",), "sw": ("NDIYO", "NDIO"), "fr": ("OUI",)},
    "no": {"en": ("NO",), "sw": ("HAPANA",), "fr": ("NON",)},
    "maybe": {"en": ("MAYBE", "PERHAPS"), "sw": ("LABDA", "PENGINE"), "fr": ("PEUT-ETRE", "PEUT ETRE")},
}

# What each language is called in each.
LANGUAGES: Final[Table] = {
    "en": {"en": ("EN", "ENG", "ENGLISH"), "sw": ("KIINGEREZA",), "fr": ("ANGLAIS",)},
    "sw": {"en": ("SW", "SWA", "SWAHILI"), "sw": ("KISWAHILI",), "fr": ("SOUAHELI",)},
    "fr": {"en": ("FR", "FRE", "FRENCH"), "sw": ("KIFARANSA",), "fr": ("FRANCAIS",)},
}

# They change what somebody hears of, call the officials, or lead to a secret: a slip must not do that. Many a word is near LINK.
EXACT_ONLY: Final = frozenset({"stop", "start", "dispute", "link"})

# What follows the word in the example that we show; for a call to a meeting, a yes.
SAMPLES: Final[Mapping[str, str]] = {
    "save": "500",
    "loan": "5000 6",
    "repay": "500",
    "group": "UMOJA",
    "lang": "SW",
    "verify": "00C1SM",
    "dispute": "00C1SM",
}

MONTHS: Final[Mapping[str, tuple[str, ...]]] = {
    "en": ("months", "month"),
    "sw": ("miezi", "mwezi"),
    "fr": ("mois",),
}

# These may follow a command and change nothing.
POLITE: Final[Mapping[str, tuple[str, ...]]] = {
    "en": ("PLEASE", "PLS", "PLZ", "THANKS", "THANK YOU", "THX"),
    "sw": ("TAFADHALI", "ASANTE", "ASANTE SANA", "ASANTENI", "SHUKRANI"),
    "fr": ("SVP", "S'IL VOUS PLAIT", "STP", "S'IL TE PLAIT", "MERCI", "MERCI BEAUCOUP"),
}

# Who writes one of these beside four to six digits has sent a PIN.
SECRETS: Final[Mapping[str, tuple[str, ...]]] = {
    "en": ("PIN", "PASSWORD", "PASSCODE", "SECRET"),
    "sw": ("SIRI", "NENOSIRI", "NYWILA"),
    "fr": ("NIP", "CODE SECRET", "MOT DE PASSE", "MDP"),
}
