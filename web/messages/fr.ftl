# Ce que disent les pages, en français. Les mêmes messages que dans en.ftl.

skip = Aller au contenu
account = Votre compte
sign-out = Se déconnecter
help-link = Aide et touches
help = Aide
marking = Marquage
level-np = Non protégé
level-dr = Diffusion restreinte
level-s = Secret
level-ts = Très Secret

# Chercher
search = Chercher
search-label = Chercher dans les archives
search-placeholder = Des mots, ou type:pdf de:durand avant:2020 "note verbale" -projet
conditions = Ce que vous avez demandé
remove = retirer
range = { $first } à { $last } sur { $shown } { $count ->
    [one] pièce
   *[other] pièces
}
latest = { $count ->
    [one] La seule pièce
   *[other] Les { $shown } pièces, les plus récentes d’abord
}
hits = { $count ->
    [one] { $shown } pièce
   *[other] { $shown } pièces
}
records = { $count ->
    [one] { $shown } pièce
   *[other] { $shown } pièces
}
nothing-found = Aucun résultat
none-so-far = { $count ->
    [one] { $shown } résultat, mais pas aussi loin
   *[other] { $shown } résultats, mais aucun aussi loin
}
sort = Ordre
by-relevance = Pertinence
by-date = Plus récentes
group = Ensemble
group-single = Une à une
group-thread = Par conversation
group-file = Par dossier
more-of-thread = { $count ->
    [one] et { $shown } autre de cette conversation sur cette page
   *[other] et { $shown } autres de cette conversation sur cette page
}
more-of-file = { $count ->
    [one] et { $shown } autre de ce dossier sur cette page
   *[other] et { $shown } autres de ce dossier sur cette page
}
export = Exporter
filter = Affiner
classes = Classes
types = Types
years = Années
markings = Marquages
inbox = À classer
none = aucun
more = Plus
exclude = Exclure { $value }
passage-withheld = Classifiée : son texte se lit sur sa page, et la lecture est enregistrée.
pages-of-results = Pages de résultats
previous = Précédente
next = Suivante
page-of = { $page } sur { $last }
try-other-words = Rien de ce que vous pouvez connaître ne répond à ces mots.
try-alone = Rien n’a tout cela ; chacune seule, ces conditions trouvent quelque chose :
try-without = Il y aurait des résultats sans l’une de ces conditions :
hint-spelling = Accents et terminaisons n’importent pas : jardin trouve jardins, etat trouve État.
hint-prefix = Le début d’un mot suivi d’une étoile trouve la suite : jard*
hint-known = On ne cherche que dans ce que vous pouvez connaître.
all-records = Toutes les pièces
empty-title = Rien encore ici
empty-text = Les pièces que vous pouvez connaître paraîtront ici.
empty-no-mandate = Vous n’avez pas encore de mandat : rien ici n’est pour vous. Un officier de sécurité en donne.
empty-ingest = En ligne de commande, des dossiers entiers entrent d’un coup :
folder = DOSSIER
complete = Complet au { $moment }
incomplete = Certaines pièces ne sont pas encore cherchables : revenez dans un instant

# Une pièce
results = Résultats
back-to-results = Résultats
nth-of = { $nth } sur { $shown }
class-path = Classée sous
pages-count = { $count ->
    [one] { $shown } page
   *[other] { $shown } pages
}
download-original = Télécharger l’original
is-recorded = enregistré
about = À propos de cette pièce
marked-title = Cette pièce est marquée { $marking }
marked-text = La lire ou la télécharger est enregistré : qui, quoi et quand restent dans les archives.
read-pages = Voir ses pages
read-text = Lire son texte
pages = Pages
picture = Image
previous-page = Page précédente
next-page = Page suivante
enlarge = Ouvrir la page seule
page-picture = Page { $nth } de « { $title } »
text = Texte
no-text = Aucun texte n’en a été tiré.
places = { $count ->
    [one] { $shown } passage trouvé
   *[other] { $shown } passages trouvés
}
places-here = { $count ->
    [0] Rien de trouvé sur cette page
    [one] { $shown } passage sur cette page
   *[other] { $shown } passages sur cette page
}
places-beside = { $count ->
    [one] et { $shown } dans son texte, sans emplacement sur l’image
   *[other] et { $shown } dans son texte, sans emplacement sur l’image
}
places-in-text = – dans son texte : leur emplacement sur l’image n’est pas connu.
previous-hit-page = Page précédente avec un passage
next-hit-page = Page suivante avec un passage
pages-with-hits = Pages où quelque chose a été trouvé
found-on-pages = Trouvé aux pages
more-pages = { $count ->
    [one] et { $shown } autre
   *[other] et { $shown } autres
}
page-words = Texte de la page
words-coming = Les mots de cette page n’ont pas encore été placés sur son image.
look-again = Regarder de nouveau
message = Message
mail-from = De
mail-to = À
mail-copy = Copie à
mail-blind-copy = Copie cachée à
no-subject = (sans objet)
date-of-file = celle du fichier : le message n’en dit aucune
mail-subject = Objet
and-others = { $count ->
    [one] et { $shown } autre
   *[other] et { $shown } autres
}
attachments = { $count ->
    [one] { $shown } pièce jointe
   *[other] { $shown } pièces jointes
}
quoted = { $count ->
    [one] Cité : { $shown } ligne
   *[other] Cité : { $shown } lignes
}
thread = Conversation
search-thread = Y chercher
next-place = Suivant
parts = Parties du texte
part-of = partie { $part } sur { $last }
findings = À savoir
description = Notice
name = Fichier
date = Date
authors = De
recipients = À
language = Langue
french = français
english = anglais
captured = Versée
identifier = Identifiant
field-format = Format
field-format-method = Reconnu par
field-application = Logiciel
field-created = Création
field-modified = Modification
field-revision = Révision
field-last-author = Dernier auteur
field-template = Modèle
field-height = Hauteur
field-width = Largeur
field-version = Version
field-company = Organisme
field-producer = Produit avec
field-subject = Objet
field-place = Lieu
field-keywords = Mots-clés
field-description = Légende
field-comments = Commentaires
field-camera = Appareil
field-category = Catégorie
field-aperture = Ouverture
field-focal-length = Focale
field-iso = Sensibilité ISO
field-exposure = Temps de pose
field-lens = Objectif
field-gps = Coordonnées
field-altitude = Altitude
field-copyright = Droits
field-credit = Crédit
field-manager = Responsable
field-message-id = Identifiant du message
field-in-reply-to = En réponse à
field-identifier = Identifiant propre
field-recognised-by = Texte lu par
field-recognition-confidence = Sûreté de la lecture
percent = { $number } %
method-signature = son contenu (signature)
method-container = ce qu’il contient (conteneur)
method-extension = son nom de fichier
components = Composants
role-original = original
role-attachment = pièce jointe
role-rendition = version dérivée
proof = Preuve
digest = SHA-256 de l’original, tel qu’il a été versé :
sound = Composant { $number } relu, { $size } : exactement ce qui a été versé.
verify-now = Vérifier maintenant
history = Historique
deed-captured = versée, à classer
deed-captured-into = versée dans { $place }
deed-unfiled = remise à classer
deed-filed = classée sous { $place }
deed-seen = vue ailleurs
deed-described = décrite à nouveau
deed-marked = marquée { $marking }
deed-given = composant { $number } communiqué
deed-other = modifiée
occurrences = Où elle a été vue

# Se connecter
sign-in = Se connecter
go-on = Continuer
sign-in-text = Un lien n’ouvre qu’une fois, dans les cinq minutes. Demandez-en un là où sont les archives :
link-code = Code du lien
link-help = Les 64 caractères qui suivent le signe # du lien.
link-over = Ce lien a déjà servi, ou il est trop tard. Demandez-en un autre.
sessions = Vos sessions
sessions-text = Une session se termine après deux heures sans usage, et au bout de douze heures dans tous les cas.
unknown-device = Navigateur inconnu
this-one = celle-ci
began = ouverte le { $moment }
last-used = utilisée le { $moment }
end-session = Terminer

# Comptes
own-name = Nom
password = Mot de passe
one-code = Code
code-help = Les six chiffres de votre application, ou l’un de vos codes de secours. Un code n’ouvre qu’une fois : attendez le suivant si vous venez de vous en servir.
by-link = Ou par un lien
sign-in-by-link = Se connecter par lien
proof-title = Est-ce toujours vous ?
proof-text = Cet acte est grave : montrez encore une fois qui vous êtes. Ce que vous avez rempli est gardé.
proof-by-link = Vous n’avez pas de compte. Reconnectez-vous par un lien, à demander là où sont les archives :
proof-wrong = Cela ne convient pas. Vérifiez nom, mot de passe et code, et réessayez.
proof-wait = Trop de tentatives. Vous pourrez réessayer à partir du { $moment }.
proof-needed = C’est un acte grave, et personne n’a prouvé depuis dix minutes être vous.
proof-needed-remedy = Envoyez mot de passe et code à POST /api/proof avec le même jeton, puis redemandez. Sans compte, recommencez par un lien : POST /api/sessions.
proof-refused = Cela ne convient pas.
proof-refused-remedy = Vérifiez nom, mot de passe et code, et réessayez. Un code n’ouvre qu’une fois.
proof-too-often = Trop de tentatives.
proof-too-often-remedy = Réessayez à partir du { $moment }.
invitation = Invitation
invitation-text = Une invitation permet de choisir un mot de passe et d’installer un second facteur. Elle sert une fois, dans les trois jours.
invitation-over = Cette invitation a déjà servi, ou il est trop tard. Demandez-en une autre à un officier de sécurité.
welcome = Bienvenue, { $name }
choose-password = Choisissez un mot de passe
new-password = Nouveau mot de passe
password-help = Au moins { $least } caractères. Plusieurs mots qui ne vont pas ensemble se retiennent bien et se devinent mal.
once-more = Encore une fois
factor = Installez un second facteur
factor-text = Lisez cette image avec une application d’authentification sur votre téléphone, ou tapez-y le secret :
factor-here = Ou l’ouvrir dans une application d’authentification de cet appareil
factor-picture = Code QR du secret
factor-code = Code qu’elle affiche maintenant
factor-old = Comme jusqu’ici
factor-new = Le nouveau second facteur
make-account = Créer le compte
recovery-title = Vos codes de secours
recovery-text = Chacun ouvre une fois à la place d’un code, si votre téléphone est perdu ou cassé. Ils ne sont montrés que maintenant : imprimez-les ou notez-les, et gardez-les à part de votre mot de passe.
recovery-help = Sans téléphone ni codes, un officier de sécurité doit vous inviter à nouveau.
recovery-kept = Je les ai gardés
recovery-left = { $count ->
    [one] Il reste { $shown } code de secours.
   *[other] Il reste { $shown } codes de secours.
}
account-text = Ce que vous pouvez connaître et faire ici. Les officiers de sécurité en décident ; chaque décision garde son motif.
way-in = Connexion
way-account = compte depuis le { $moment }
way-invited = invitation jusqu’au { $moment }
way-none = sans compte
change-password = Changer le mot de passe
change-factor = Installer un autre second facteur
others-end = Vos autres sessions se terminent alors.
end-others = Terminer toutes les autres

# Personnes
persons = Personnes
add-person = Ajouter une personne
person-name = Nom, tel que la maison le connaît
clearance = Habilitation
clearance-help = Un niveau (NP, DR, S, TS), puis mentions et compartiments après +, comme dans S+SF.
reason-for-clearance = Demandé si l’habilitation dépasse NP. Il est gardé avec la décision.
mandates-count = { $count ->
    [0] aucun mandat
    [one] { $shown } mandat
   *[other] { $shown } mandats
}
roles = Rôles
role-staff = agent
role-archivist = archiviste
role-security = officier de sécurité
role-administrator = administrateur
no-role = aucun rôle
mandates = Mandats
mandates-before = Mandats antérieurs
no-mandate = Aucun mandat en vigueur : rien ne peut être connu.
mandate = Mandat
on-everything = sur toutes les archives
on-place = sur { $code }
on-record = sur une pièce
on-hidden = sur un lieu que vous n’avez pas à connaître
since = depuis le { $day }
until = jusqu’au { $day }
given-by = donné par { $name }
give-mandate = Donner un mandat
mandate-on = Sur quoi
mandate-on-help = La cote d’une classe ou d’un dossier, ou l’identifiant d’une pièce (rec-…). Ce qui est dessous est couvert.
mandate-everything = Sur toutes les archives
mandate-until = Dernier jour, s’il y en a un
end-mandate = Mettre fin à ce mandat
roles-and-clearance = Rôles et habilitation
change-clearance = Changer l’habilitation
change-roles = Changer les rôles
invite = Inviter à créer un compte
invite-help = Donne un lien qui sert une fois, dans les trois jours. Un compte existant est remplacé dès qu’il a servi.
invited-title = Invitation pour { $name }
invited-text = À remettre à cette personne seule, par une voie que nul autre ne lit. Elle n’est montrée que maintenant.
end-account = Mettre fin au compte
end-account-help = Toutes les sessions, liens et invitations se terminent aussitôt. Ce que la personne a fait et reçu demeure.
deed-person-added = ajout
deed-invited = invitation à créer un compte
deed-linked = lien de connexion remis
deed-account-made = compte créé
deed-password = mot de passe changé
deed-factor = second facteur réinstallé
deed-recovered = code de secours utilisé
deed-account-ended = fin du compte
changed-name = nom : { $to } (avant : { $from })
changed-roles = rôles : { $to } (avant : { $from })
changed-clearance = habilitation : { $to } (avant : { $from })
changed-joined = entrée : { $names }
changed-left = sortie : { $names }
and-also =  ; { "" }
deed-group-made = création
deed-group-dissolved = dissolution
find-person = Trouver une personne par son nom
no-person-found = Personne ne s’appelle ainsi.
groups-count = { $count ->
    [one] { $shown } groupe
   *[other] { $shown } groupes
}

# Groupes
groups = Groupes
groups-text = Qui est dans un groupe connaît par les mandats du groupe, tant qu’il y est. Personne d’autre ne sait qu’il existe.
groups-before = Groupes dissous
whole-house = Toute la maison
whole-house-text = Tous ceux qui ont un rôle dans ces archives, aujourd’hui et demain.
members-count = { $count ->
    [0] personne
    [one] { $shown } membre
   *[other] { $shown } membres
}
make-group = Créer un groupe
group-name = Nom du groupe
group-reason-help = Pourquoi il existe : gardé avec le groupe.
dissolved-at = dissous le { $moment }
members = Membres
members-before = Qui en a fait partie
no-member = Personne n’en fait partie.
take-in = Faire entrer des personnes
take-in-whom = Qui entre dans le groupe, par son nom
take-in-number = Personne { $number } qui entre
take-out = Faire sortir les personnes choisies
take-out-help = Celles qui sont cochées dans la liste ci-dessus. Ce qu’elles ont fait et reçu demeure.
group-itself = Le groupe lui-même
rename-group = Renommer le groupe
dissolve-group = Dissoudre le groupe
dissolve-help = Plus personne n’en fait partie, et ses mandats se terminent aussitôt. Il reste ici, tel qu’il était, pour ce qui est dit du passé.
in-no-group = Dans aucun groupe.
through-group = par le groupe { $name }
through-house = comme membre de la maison

# Qui connaît quoi
who = Qui peut la voir, et pourquoi
who-text = Ceux dont l’habilitation couvre son marquage, { $marking }, et qui ont un mandat sur elle ou sur ce dont elle relève.
who-else = Toutes les personnes qui le peuvent
your-clearance = Votre habilitation
disclosures = Qui a ouvert quoi
disclosures-text = Ce qui a été communiqué de pièces marquées, le plus récent d’abord, et ce qui permettait à chacun de le connaître à ce moment.
to-whom = À qui
anybody = tout le monde
of-record = Pièce
on-day = Le jour
narrow = Affiner
all = Tout
no-disclosure = Rien n’a été communiqué qui y réponde.
newest = Plus récentes
older = Plus anciennes
component-of = composant { $number }
cleared-then = habilitation
no-mandate-then = Aucun mandat ne la couvrait alors.

# Verser
add-room = Ajouter
add-title = Ajouter aux archives
add-text = Photographies, numérisations, documents : chaque fichier est gardé exactement tel qu’il est, et ne compte comme reçu qu’une fois comparé et en sûreté dans les archives. Ce qui s’y trouve déjà n’est pas renvoyé.
add-place = Où le mettre
add-place-help = Cote ou titre d’une classe ou d’un dossier. Sans rien, le fichier va dans ce qui est à classer.
add-place-help-unseen = Cote ou titre d’une classe ou d’un dossier. Sans rien, un archiviste le classera, et vous ne le verrez pas avant.
no-such-place = Vous ne connaissez aucune place de ce nom : choisissez-en une dans la liste.
add-photos = Ajouter des photos
add-camera = Prendre une photo
add-choose = Choisir des fichiers
add-folder = Choisir un dossier
add-drop-hint = Ou déposez fichiers et dossiers n’importe où, sur n’importe quelle page.
drop-here = Déposez pour ajouter aux archives
adding-title = En route
adding-of = { $count ->
    [one] { $done } sur { $all } reçu et vérifié
   *[other] { $done } sur { $all } reçus et vérifiés
}
adding-done = Tout est reçu et vérifié.
adding-failed = Fichiers qui n’ont pas pu être ajoutés : { $count }.
adding-more = et { $count } de plus
adding-waits = en attente
adding-reading = lecture en cours
adding-verifying = reçu, en cours de vérification
were-held = { $count ->
    [one] { $shown } fichier était déjà dans les archives.
   *[other] { $shown } fichiers étaient déjà dans les archives.
}
adding-held = déjà dans les archives
adding-offline = Pas de connexion. L’envoi reprendra de lui-même à son retour.
adding-signed-out = Vous n’êtes plus connecté. Reconnectez-vous, et l’envoi reprendra.
adding-paused = En pause.
adding-pause = Suspendre
adding-go-on = Reprendre
adding-retry = Réessayer
adding-drop = Tous les abandonner
adding-memory = Votre navigateur n’a pas la place de retenir tous ces fichiers : gardez cette page ouverte jusqu’à la fin de l’envoi.
adding-gone = Ce navigateur ne peut plus lire le fichier. Choisissez-le de nouveau.
unfinished = Pas encore dans les archives
unfinished-text = Tout n’est pas arrivé. Ajoutez de nouveau le même fichier, et l’envoi reprendra où il en était.
give-up = Abandonner
received = Ajoutés pendant cette session
received-unseen = attend qu’un archiviste le classe
received-none = Rien encore. Ce que vous ajoutez apparaît ici, avec sa pièce, dès qu’il est en sûreté dans les archives.

# La maison
house-room = Maison
house = L’état de la maison
house-text = Ce sur quoi reposent les archives, ce qui attend, et depuis quand. Des pièces, seules sont comptées celles que vous pouvez connaître.
held-up = Les fichiers qui arrivent ne sont pas pris en charge pour l’instant :
journal = Journal
segment = Segment { $number }, signé le { $moment }
keep-head = Gardez cette empreinte ailleurs de temps en temps : elle montre si le dépôt a été ramené à un jour antérieur.
index = Index
index-behind = { $count ->
    [one] { $shown } pièce n’est pas encore trouvable
   *[other] { $shown } pièces ne sont pas encore trouvables
}
records-known = { $count ->
    [one] { $shown } pièce que vous pouvez connaître
   *[other] { $shown } pièces que vous pouvez connaître
}
store = Dépôt
objects = { $count ->
    [one] { $shown } objet
   *[other] { $shown } objets
}
server = Serveur
for-so-long = depuis { $time }
identifiers = Archives et poste
waiting = Ce qui attend
nothing-waits = Rien n’attend.
queue-arriving = Fichiers dont il manque des octets
queue-received = Fichiers reçus, à prendre en charge
queue-jobs = Traitements
queue-recognition = Pièces à reconnaître
queue-unindexed = Pièces à indexer
oldest = le plus ancien depuis { $time }
verification = Dernière vérification avec les clés
never-verified = Ce poste n’a encore jamais tout vérifié. Une vérification lit chaque octet du dépôt, ouvre chaque pièce et la compare à ce qui a été versé.
all-sound = Tout est tel que versé.
faults = { $count ->
    [one] { $shown } anomalie
   *[other] { $shown } anomalies
}
faults-help = Lancez chartrier verify là où vivent les archives : il nomme chacune et dit que faire.
verified-so-much = { $files } fichiers, { $size }, { $segments } segments ; chaque pièce a été ouverte
unlisted = { $count ->
    [one] { $shown } fichier qu’aucun segment ne mentionne
   *[other] { $shown } fichiers qu’aucun segment ne mentionne
}
segments-since = { $count ->
    [one] { $shown } segment ajouté depuis.
   *[other] { $shown } segments ajoutés depuis.
}
verify-all = Tout vérifier maintenant
upkeep = Travaux longs
no-upkeep = Rien n’est en cours, et rien ne l’a été. Les vérifications et les nouvelles paires de clés se font ici à côté de tout le reste, et reprennent après un arrêt.
under-way = En cours
upkeep-done = Fait
upkeep-verify = Vérification avec les clés
upkeep-rotate = { $count ->
    [one] Nouvelle paire de clés pour { $shown } étiquette
   *[other] Nouvelles paires de clés pour { $shown } étiquettes
}
upkeep-withdraw = Retrait de { $holder }
all-jobs = Traitements de tous
house-keys = Clés
house-keys-link = Qui peut ouvrir quoi, et nouvelles paires de clés
house-keys-text = Chaque étiquette a une paire de clés, et un octroi pour chaque serveur et chaque fiche de secours. Qui est retiré a pu garder ce qu’il pouvait ouvrir ; ce qui vient après, il ne l’ouvre pas.
holders = Qui peut ouvrir
holder-registrar = Serveur qui écrit
holder-reader = Serveur qui lit
holder-recovery = Fiche de secours
this-home = celui-ci
opens-labels = ouvre { $count } étiquettes sur { $all }
add-recovery = Ajouter un destinataire de secours
add-recovery-help = Une autre fiche dans un autre coffre : créez une paire de clés age là où elle sera gardée, et donnez ici sa moitié publique.
add-server = Ajouter un serveur
add-server-help = Un serveur qui pourra lire tout ce qui est ici. Il indique ses deux clés publiques.
recipient = Destinataire
signing-key = Clé de signature, 64 chiffres hexadécimaux
withdraw = Retirer
withdraw-help = Ses octrois disparaissent, et chaque étiquette reçoit une nouvelle paire de clés. Cela ne s’annule pas.
labels = Étiquettes
labels-text = Une pour chaque marquage utilisé. Lequel est dit dans la mesure de votre habilitation.
label-audit = Registre des communications
label-hidden = au-dessus de votre habilitation
generation = paire de clés { $number }
rotate = Donner de nouvelles paires de clés
rotate-help = Pages et octrois sont réécrits, les pièces restent où elles sont. Cela se fait à côté de tout le reste.
which-labels = Quelles étiquettes
all-labels = toutes
no-key-history = Rien n’a été fait aux clés depuis la création des archives.
deed-rotated = a créé la paire de clés { $number } de
deed-admitted = a admis
deed-withdrawn = a retiré

# Aide
how-to-ask = Comment chercher
how-to-ask-text = Les mots sont trouvés sous toutes leurs formes, avec ou sans accents ; tous doivent s’y trouver. Les champs ont aussi leur nom anglais.
ask-word = le mot, sous toutes ses formes
ask-phrase = ces mots, l’un après l’autre
ask-prefix = les mots qui commencent ainsi
ask-without = sans ce mot ; toute condition peut être exclue de la sorte
ask-or = l’un ou l’autre
ask-type = un type de document : pdf, docx, image, mail…
ask-class = ce qui est sous une classe ou un dossier ; classe:none est ce qui reste à classer
ask-from = qui l’a écrite ou envoyée
ask-to = qui l’a reçue
ask-date = une année, un mois, un jour, ou une période : 2019..2021
ask-before = avant cette date
ask-after = après cette date
ask-title = des mots du titre
ask-name = des mots du nom de fichier
ask-lang = sa langue : fr ou en
ask-thread = la conversation d’un message, par son identifiant
ask-marking = son marquage
ask-finding = ce qui n’a pu être lu en entier
keys = Touches
key-search = aller à la recherche
key-hits = résultat suivant, résultat précédent
key-open = ouvrir le résultat
key-back = revenir aux résultats
enter-key = Entrée
escape-key = Échap
key-turn = page de résultats, ou pièce, précédente et suivante
key-places = passage trouvé suivant, précédent
key-help = cette page
keys-are-on = Les touches simples sont actives.
keys-are-off = Les touches simples sont désactivées.
keys-turn-off = Les désactiver
keys-turn-on = Les activer

# Classer
rooms = Pièces de la maison
inbox-room = À classer
scheme-room = Plan
scheme = Plan de classement
inbox-empty = Tout est classé
inbox-empty-text = Ce qui arrive sans place attend ici que quelqu’un le classe.
inbox-all = Voir tout ce qui reste à classer
to-file = { $count ->
    [one] { $shown } pièce à classer
   *[other] { $shown } pièces à classer
}
choose = Choisir « { $title } »
file-under = Classer sous
no-suggestion = Rien de ce qui est classé n’en est assez proche pour suggérer une place.
suggested-because = { $nearest ->
    [one] La seule pièce qui lui ressemble s’y trouve
   *[other] Comme { $there } des { $nearest } pièces les plus proches
} (sûr à { $share } %)
other-place = Une autre place
file-it = Classer
file-help = Sans choix dans la liste, c’est la pièce affichée qui est classée ; sinon, toutes celles qui sont choisies.
file-keys = Touches : j et k avancent et reculent, y prend la première suggestion, x choisit, f va à la case, z annule le dernier classement.
open-to-read = Son texte n’est pas montré ici : ouvrez-la pour la lire, ce qui est enregistré.
filed-by-others = { $count ->
    [one] { $shown } a été classée entre-temps par quelqu’un d’autre, et y reste
   *[other] { $shown } ont été classées entre-temps par quelqu’un d’autre, et y restent
}
filed-meanwhile = Quelqu’un a classé « { $title } » entre-temps, sous
filed-just-now = { $count ->
    [0] Elle s’y trouve déjà :
    [one] Classée sous
   *[other] { $shown } classées sous
}
undo = Annuler
put-back = { $count ->
    [0] Rien n’a été remis en place.
    [one] Remise où elle était.
   *[other] { $shown } remises où elles étaient.
}
stayed = { $count ->
    [one] { $shown } est restée : elle a été classée de nouveau depuis, ou son ancienne place ne reçoit plus rien.
   *[other] { $shown } sont restées : elles ont été classées de nouveau depuis, ou leur ancienne place ne reçoit plus rien.
}
curating = Traiter
place = Place
place-help = La cote d’une classe ou d’un dossier ; sans cote, elle revient parmi ce qui reste à classer.
mark-it = Changer son marquage
marking-help = Un niveau, puis des mentions et compartiments : NP, DR, S, TS, S+SF.
reason = Motif
describe-it = Décrire
title = Intitulé
about-it = Présentation du contenu
describe-help = Ce que vous dites passe avant les mots du document, qui sont gardés. Videz ce que vous voulez retirer.
keep = Garder
own-title = Titre propre
change-them = Tout changer
change-all = { $count ->
    [one] Changer { $shown } pièce
   *[other] Changer { $shown } pièces
}
file-them = Les classer
mark-them = Les marquer
look-first = Voir ce qui changerait
would-change = { $count ->
    [0] Rien ne changerait.
    [one] { $shown } pièce changerait.
   *[other] { $shown } pièces changeraient.
}
are-so = { $count ->
    [one] { $shown } l’est déjà.
   *[other] { $shown } le sont déjà.
}
are-lowered = { $count ->
    [one] { $shown } serait marquée plus bas qu’elle ne l’est, ou perdrait une mention : davantage de personnes pourraient la connaître.
   *[other] { $shown } seraient marquées plus bas qu’elles ne le sont, ou perdraient une mention : davantage de personnes pourraient les connaître.
}
do-it = Le faire
do-not = Ne rien faire
among-them = Parmi elles
jobs = Traitements
no-jobs = Rien n’est en cours, et rien ne l’a été. Ce que vous changez dans beaucoup de pièces à la fois se suit ici.
job-file = Classer sous { $place }
job-unfile = Remettre parmi ce qui reste à classer
job-mark = Marquer { $marking }
job-undo = Annuler le traitement { $job }
progress = Avancement
job-goes-on = { $done } sur { $total }
job-changed = { $count ->
    [0] Rien n’a changé.
    [one] { $shown } pièce a changé.
   *[other] { $shown } pièces ont changé.
}
job-refused = { $count ->
    [one] { $shown } n’a pas pu être changée.
   *[other] { $shown } n’ont pas pu être changées.
}
began-at = commencé le { $moment }
ended-at = terminé le { $moment }
find-class = Trouver une classe par cote ou intitulé
no-classes = Il n’y a pas encore de classes. Un archiviste les ajoute ici, ou apporte un tableau en ligne de commande : chartrier class import.
no-classes-known = Il n’y a pas de classe que vous puissiez connaître.
add-class = Ajouter une classe ou un dossier
code = Cote
under = Sous
under-help = La cote de la classe au-dessus ; sans cote, tout en haut.
class = Classe
dossier = Dossier
add = Ajouter
is-closed = clos
close = Clore
reopen = Rouvrir
key-go = aller à : { $room }
key-inbox-walk = la pièce précédente, la suivante, de ce qui reste à classer
key-accept = prendre la première suggestion
key-choose = choisir la pièce affichée
key-place = aller à la case de la place
key-undo = annuler le dernier classement

# Ennuis
trouble = Rien à montrer
where-it-was-sent = Revenir là d’où c’était envoyé
absent = Il n’y a rien ici.
absent-remedy = Cela n’existe pas, ou vous n’avez pas à le connaître. Cherchez autrement.
busy = Les archives sont très demandées.
at-once = Vous demandez trop de choses à la fois.
busy-remedy = Rien n’est perdu. Réessayez dans un instant.
foreign = Cette demande ne vient pas d’une page des archives.
foreign-remedy = Rien n’a été modifié. Ouvrez la page dans ce navigateur et faites-le là.
other-host = Ce serveur ne répond pas à ce nom.
other-host-remedy = Utilisez l’adresse qui vous a été donnée.
too-much = C’était trop, ou trop lent.
too-much-remedy = Rien n’a été modifié. Réessayez avec moins.
our-mistake = Quelque chose n’a pas marché ici.
our-mistake-remedy = C’est de notre fait, et rien n’est perdu. Réessayez ; si cela persiste, prévenez qui tient les archives.
not-signed-in = Vous n’êtes pas connecté.
not-signed-in-remedy = Envoyez le jeton d’une session comme « bearer » : POST /api/sessions en donne un contre nom, mot de passe et code, ou contre le code d’un lien de connexion.
saved-searches = Vos recherches
save-search = Garder cette recherche
save-as = Nom de la recherche
forget-search = Ne plus la garder

discreet-begin = Garder mes mots hors des adresses
discreet-on = Vos mots ne figurent dans aucune adresse.
discreet-end = Les montrer à nouveau dans les adresses
words-lost = Ce lien contient les mots d’une autre session : plus personne ne peut les lire. Saisissez-les à nouveau.
