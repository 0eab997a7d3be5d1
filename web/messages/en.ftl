# What the pages say, in English. The same messages as in fr.ftl.

skip = Skip to the content
account = Your account
sign-out = Sign out
help-link = Help and keys
help = Help
marking = Marking
level-np = Not protected
level-dr = Restricted (Diffusion restreinte)
level-s = Secret
level-ts = Top secret (Très Secret)

# Searching
search = Search
search-label = Search the archive
search-placeholder = Words, or type:pdf from:durand before:2020 "note verbale" -projet
conditions = What you asked for
remove = remove
range = { $first } to { $last } of { $shown } { $count ->
    [one] record
   *[other] records
}
latest = { $count ->
    [one] The one record
   *[other] All { $shown } records, newest first
}
hits = { $count ->
    [one] { $shown } record
   *[other] { $shown } records
}
records = { $count ->
    [one] { $shown } record
   *[other] { $shown } records
}
nothing-found = Nothing found
none-so-far = { $count ->
    [one] { $shown } found, none so far down
   *[other] { $shown } found, none so far down
}
sort = Order
by-relevance = Best first
by-date = Newest first
group = Together
group-single = Each by itself
group-thread = By conversation
group-file = By file
more-of-thread = { $count ->
    [one] and { $shown } more of this conversation on this page
   *[other] and { $shown } more of this conversation on this page
}
more-of-file = { $count ->
    [one] and { $shown } more of this file on this page
   *[other] and { $shown } more of this file on this page
}
export = Export
filter = Narrow
classes = Classes
types = Types
years = Years
markings = Markings
inbox = Not yet filed
none = none
more = More
exclude = Exclude { $value }
passage-withheld = Classified: its text is shown on its page, and reading it is recorded.
pages-of-results = Pages of results
previous = Previous
next = Next
page-of = { $page } of { $last }
try-other-words = Nothing that you may know matches these words.
try-alone = Nothing has all of this; by themselves, these find something:
try-without = There would be results without one of these:
hint-spelling = Endings and accents do not matter: jardin finds jardins, etat finds État.
hint-prefix = The beginning of a word with a star finds the rest: jard*
hint-known = Only what you may know is searched.
all-records = All records
empty-title = Nothing here yet
empty-text = Records that you may know will be listed here.
empty-no-mandate = You have no mandate yet: nothing here is yours to know. A security officer gives one.
empty-ingest = On the command line, whole folders come in at once:
folder = FOLDER
complete = Complete to { $moment }
incomplete = Some records are not searchable yet: look again in a moment

# One record
results = Results
back-to-results = Results
nth-of = { $nth } of { $shown }
class-path = Filed under
pages-count = { $count ->
    [one] { $shown } page
   *[other] { $shown } pages
}
download-original = Download the original
is-recorded = recorded
about = About this record
marked-title = This record is marked { $marking }
marked-text = Reading or downloading it is recorded: who, what and when stay in the archive.
read-pages = See its pages
read-text = Read its text
pages = Pages
picture = Picture
previous-page = Previous page
next-page = Next page
enlarge = Open the page by itself
page-picture = Page { $nth } of “{ $title }”
text = Text
no-text = No text was read out of it.
places = { $count ->
    [one] { $shown } place found
   *[other] { $shown } places found
}
places-here = { $count ->
    [0] Nothing found on this page
    [one] { $shown } place on this page
   *[other] { $shown } places on this page
}
places-beside = { $count ->
    [one] and { $shown } in its text that has no place on the picture
   *[other] and { $shown } in its text that have no place on the picture
}
places-in-text = – in its text: where they stand on the picture is not known.
previous-hit-page = Previous page with a place
next-hit-page = Next page with a place
pages-with-hits = Pages on which something was found
found-on-pages = Found on pages
more-pages = { $count ->
    [one] and { $shown } more
   *[other] and { $shown } more
}
page-words = Text of the page
words-coming = The words of this page are still being placed on its picture.
look-again = Look again
message = Message
mail-from = From
mail-to = To
mail-copy = Copy to
mail-blind-copy = Blind copy to
no-subject = (no subject)
date-of-file = of the file: the message says none
mail-subject = Subject
and-others = { $count ->
    [one] and { $shown } other
   *[other] and { $shown } others
}
attachments = { $count ->
    [one] { $shown } attachment
   *[other] { $shown } attachments
}
quoted = { $count ->
    [one] Quoted: { $shown } line
   *[other] Quoted: { $shown } lines
}
thread = Conversation
search-thread = Search in it
next-place = Next
parts = Parts of the text
part-of = part { $part } of { $last }
findings = What to know
description = Description
name = File
date = Date
authors = From
recipients = To
language = Language
french = French
english = English
captured = Captured
identifier = Identifier
field-format = Format
field-format-method = Told by
field-application = Application
field-created = Created
field-modified = Modified
field-revision = Revision
field-last-author = Last author
field-template = Template
field-height = Height
field-width = Width
field-version = Version
field-company = Company
field-producer = Made with
field-subject = Subject
field-place = Place
field-keywords = Keywords
field-description = Caption
field-comments = Comments
field-camera = Camera
field-category = Category
field-aperture = Aperture
field-focal-length = Focal length
field-iso = ISO speed
field-exposure = Exposure
field-lens = Lens
field-gps = Coordinates
field-altitude = Altitude
field-copyright = Copyright
field-credit = Credit
field-manager = Manager
field-message-id = Message identifier
field-in-reply-to = In reply to
field-identifier = Identifier of its own
field-recognised-by = Text read by
field-recognition-confidence = Certainty of the reading
percent = { $number }%
method-signature = its bytes (signature)
method-container = its content (container)
method-extension = its file name
components = Components
role-original = original
role-attachment = attachment
role-rendition = rendition
proof = Proof
digest = SHA-256 of the original, as it was captured:
sound = Component { $number } read back, { $size }: exactly what was captured.
verify-now = Verify now
history = History
deed-captured = captured, not yet filed
deed-captured-into = captured into { $place }
deed-unfiled = put back among what is not filed
deed-filed = filed under { $place }
deed-seen = seen elsewhere
deed-described = described anew
deed-marked = marked { $marking }
deed-given = component { $number } given
deed-other = changed
occurrences = Where it was seen

# Signing in
sign-in = Sign in
go-on = Go on
sign-in-text = A link opens once, within five minutes. Ask for one where the archive lives:
link-code = Code of the link
link-help = The 64 characters after the sign # of the link.
link-over = This link is used or over. Ask for a new one.
sessions = Your sessions
sessions-text = A session ends after two hours without use, and after twelve in any case.
unknown-device = Unknown browser
this-one = this one
began = begun { $moment }
last-used = last used { $moment }
end-session = End

# Accounts
own-name = Name
password = Password
one-code = Code
code-help = The six digits of your authenticator, or one of your recovery codes. A code opens once: wait for the next one if you have just used it.
by-link = Or by a link
sign-in-by-link = Sign in by link
proof-title = Is it still you?
proof-text = This is a grave act: show once more who you are. What you filled in is kept.
proof-by-link = You have no account. Sign in anew by a link, which you can ask for where the archive lives:
proof-wrong = That did not fit. Check name, password and code, and try again.
proof-wait = Too many attempts. You can try again from { $moment } on.
proof-needed = This is a grave act, and nobody has proved within ten minutes to be you.
proof-needed-remedy = Send password and code to POST /api/proof with the same token, then ask again. Without an account, begin anew by a link: POST /api/sessions.
proof-refused = That did not fit.
proof-refused-remedy = Check name, password and code, and try again. A code opens once.
proof-too-often = Too many attempts.
proof-too-often-remedy = Try again from { $moment } on.
invitation = Invitation
invitation-text = An invitation lets you choose a password and set up a second factor. It may be used once, within three days.
invitation-over = This invitation is used or over. Ask a security officer for a new one.
welcome = Welcome, { $name }
choose-password = Choose a password
new-password = New password
password-help = At least { $least } characters. Several words that do not belong together are easy to keep and hard to guess.
once-more = Once more
factor = Set up a second factor
factor-text = Scan this with an authenticator on your phone, or type the secret there:
factor-here = Or open it in an authenticator on this device
factor-picture = QR code of the secret
factor-code = Code that it shows now
factor-old = As until now
factor-new = The new second factor
make-account = Make the account
recovery-title = Your recovery codes
recovery-text = Each of these opens once instead of a code, when your phone is lost or broken. They are shown only now: print them, or write them down, and keep them apart from your password.
recovery-help = Without phone and codes, a security officer has to invite you anew.
recovery-kept = I have kept them
recovery-left = { $count ->
    [one] { $shown } recovery code is left.
   *[other] { $shown } recovery codes are left.
}
account-text = What you may know and do here. Security officers decide about it; every decision keeps its reason.
way-in = Signing in
way-account = account since { $moment }
way-invited = invited until { $moment }
way-none = no account
change-password = Change the password
change-factor = Set up another second factor
others-end = Your other sessions end with it.
end-others = End all others

# Persons
persons = Persons
add-person = Add a person
person-name = Name, as the house knows it
clearance = Clearance
clearance-help = A level (NP, DR, S, TS), then caveats and compartments after +, as in S+SF.
reason-for-clearance = Asked for where the clearance is above NP. It is kept with the decision.
mandates-count = { $count ->
    [0] no mandate
    [one] { $shown } mandate
   *[other] { $shown } mandates
}
roles = Roles
role-staff = staff
role-archivist = archivist
role-security = security officer
role-administrator = administrator
no-role = no role
mandates = Mandates
mandates-before = Earlier mandates
no-mandate = No mandate is in force: nothing may be known.
mandate = Mandate
on-everything = on the whole archive
on-place = on { $code }
on-record = on one record
on-hidden = on a place that you may not know
since = since { $day }
until = until { $day }
given-by = given by { $name }
give-mandate = Give a mandate
mandate-on = On what
mandate-on-help = The code of a class or dossier, or the identifier of a record (rec-…). What lies below is covered.
mandate-everything = On the whole archive
mandate-until = Last day, if there is one
end-mandate = End this mandate
roles-and-clearance = Roles and clearance
change-clearance = Change the clearance
change-roles = Change the roles
invite = Invite to make an account
invite-help = Gives a link that may be used once, within three days. An account that is there is replaced once it is used.
invited-title = Invitation for { $name }
invited-text = Give this to that person alone, by a way that nobody else reads. It is shown only now.
end-account = End the account
end-account-help = All sessions, links and invitations end at once. What the person did and was given stays.
deed-person-added = added
deed-invited = invited to make an account
deed-linked = link to sign in handed out
deed-account-made = account made
deed-password = password changed
deed-factor = second factor set up anew
deed-recovered = recovery code used
deed-account-ended = account ended
changed-name = name: { $to } (before: { $from })
changed-roles = roles: { $to } (before: { $from })
changed-clearance = clearance: { $to } (before: { $from })
changed-joined = came in: { $names }
changed-left = went out: { $names }
and-also = ; { "" }
deed-group-made = made
deed-group-dissolved = dissolved
find-person = Find a person by name
no-person-found = Nobody goes by that.
groups-count = { $count ->
    [one] { $shown } group
   *[other] { $shown } groups
}

# Groups
groups = Groups
groups-text = Whoever is in a group knows by its mandates, for as long as they are in it. Nobody else is told that there is one.
groups-before = Dissolved groups
whole-house = The whole house
whole-house-text = Everybody with a role in this archive, today and tomorrow.
members-count = { $count ->
    [0] nobody
    [one] { $shown } member
   *[other] { $shown } members
}
make-group = Make a group
group-name = Name of the group
group-reason-help = Why it is there: kept with the group.
dissolved-at = dissolved { $moment }
members = Members
members-before = Who was in it
no-member = Nobody is in it.
take-in = Take persons in
take-in-whom = Who comes into the group, by name
take-in-number = Person { $number } who comes in
take-out = Take the chosen out
take-out-help = Those who are ticked in the list above. What they did and were given stays.
group-itself = The group itself
rename-group = Rename the group
dissolve-group = Dissolve the group
dissolve-help = Nobody is in it any more, and its mandates end at once. It stays here, as it was, for what is said of the past.
in-no-group = In no group.
through-group = through the group { $name }
through-house = as one of the house

# Who knows what
who = Who may see it, and why
who-text = Those whose clearance covers its marking, { $marking }, and who have a mandate on it or on what it lies under.
who-else = Everybody who may
your-clearance = Your clearance
disclosures = Who opened what
disclosures-text = What was given of marked records, newest first, and what let each person know it at that time.
to-whom = To whom
anybody = anybody
of-record = Record
on-day = On the day
narrow = Narrow
all = All
no-disclosure = Nothing was given that answers to this.
newest = Newest
older = Older
component-of = component { $number }
cleared-then = cleared for
no-mandate-then = No mandate covered it then.

# Adding
add-room = Add
add-title = Add to the archive
add-text = Photographs, scans, documents: every file is kept exactly as it is, and counts as received only when it has been compared and is safe in the archive. What is held already is not sent again.
add-place = Where it goes
add-place-help = Code or title of a class or dossier. Left empty, it goes to the inbox and is filed later.
add-place-help-unseen = Code or title of a class or dossier. Without one, an archivist files it, and you do not see it before.
no-such-place = You know no place of that name: choose one of the list.
add-photos = Add photos
add-camera = Take a photo
add-choose = Choose files
add-folder = Choose a folder
add-drop-hint = Or drop files and folders anywhere on any page.
drop-here = Drop to add to the archive
adding-title = On its way
adding-of = { $count ->
    [one] { $done } of { $all } received and verified
   *[other] { $done } of { $all } received and verified
}
adding-done = All received and verified.
adding-failed = { $count } could not be added.
adding-more = and { $count } more
adding-waits = waits
adding-reading = being read
adding-verifying = received, being verified
were-held = { $count ->
    [one] { $shown } file was in the archive already.
   *[other] { $shown } files were in the archive already.
}
adding-held = was in the archive already
adding-offline = No connection. Sending goes on by itself when it is back.
adding-signed-out = You are no longer signed in. Sign in again, and sending goes on.
adding-paused = Paused.
adding-pause = Pause
adding-go-on = Go on
adding-retry = Try again
adding-drop = Give them all up
adding-memory = Your browser has no room to remember some of these files: keep this page open until they are sent.
adding-gone = This browser can no longer read the file. Choose it again.
unfinished = Not in the archive yet
unfinished-text = Not all of it has arrived. Add the same file again, and sending goes on where it was.
give-up = Give up
received = Added in this session
received-unseen = waits for an archivist to file it
received-none = Nothing yet. What you add is listed here, with its record, as soon as it is safe in the archive.

# The house
house-room = House
house = The state of the house
house-text = What the archive stands on, what waits, and since when. Of records, those that you may know are counted.
held-up = Files that arrive are not taken in for now:
journal = Journal
segment = Segment { $number }, signed { $moment }
keep-head = Keep this elsewhere now and then: it shows whether the store was put back to an earlier day.
index = Index
index-behind = { $count ->
    [one] { $shown } record is not searchable yet
   *[other] { $shown } records are not searchable yet
}
records-known = { $count ->
    [one] { $shown } record that you may know
   *[other] { $shown } records that you may know
}
store = Store
objects = { $count ->
    [one] { $shown } object
   *[other] { $shown } objects
}
server = Server
for-so-long = for { $time }
identifiers = Archive and home
waiting = What waits
nothing-waits = Nothing waits.
queue-arriving = Files of which bytes are missing
queue-received = Files received, to be taken in
queue-jobs = Jobs
queue-recognition = Records to be recognised
queue-unindexed = Records to be indexed
oldest = the oldest for { $time }
verification = Last verification with keys
never-verified = This home has never verified everything. A verification reads every stored byte, opens every record and compares it with what was captured.
all-sound = Everything is what it was.
faults = { $count ->
    [one] { $shown } fault
   *[other] { $shown } faults
}
faults-help = Run chartrier verify where the archive lives: it names each, and says what to do.
verified-so-much = { $files } files, { $size }, { $segments } segments; every record was opened
unlisted = { $count ->
    [one] { $shown } file that no segment lists
   *[other] { $shown } files that no segment lists
}
segments-since = { $count ->
    [one] { $shown } segment was added since.
   *[other] { $shown } segments were added since.
}
verify-all = Verify everything now
upkeep = Long work
no-upkeep = Nothing is being done, and nothing was. Verifications and new key pairs are made here beside all else, and go on after a stop.
under-way = Under way
upkeep-done = Done
upkeep-verify = Verification with keys
upkeep-rotate = { $count ->
    [one] New key pair for { $shown } label
   *[other] New key pairs for { $shown } labels
}
upkeep-withdraw = Withdrawal of { $holder }
all-jobs = Jobs of all
house-keys = Keys
house-keys-link = Who can open what, and new key pairs
house-keys-text = Every label has a key pair, and a grant of it for each server and each recovery sheet. Whoever is withdrawn may have kept what it could open; what comes after, it cannot open.
holders = Who can open it
holder-registrar = Server that writes
holder-reader = Server that reads
holder-recovery = Recovery sheet
this-home = this one
opens-labels = opens { $count } of { $all } labels
add-recovery = Add a recovery recipient
add-recovery-help = Another sheet in another safe: make an age key pair where it will be kept, and give its public half here.
add-server = Add a server
add-server-help = A server that may read all that is here. It tells both of its public keys.
recipient = Recipient
signing-key = Signing key, 64 hexadecimal digits
withdraw = Withdraw
withdraw-help = Its grants go, and every label gets a new key pair. This cannot be taken back.
labels = Labels
labels-text = One for each marking in use. Which marking is told as far as you are cleared for it.
label-audit = Register of disclosures
label-hidden = above your clearance
generation = key pair { $number }
rotate = Give new key pairs
rotate-help = Pages and grants are written anew, records stay where they are. It goes on beside all else.
which-labels = Which labels
all-labels = all of them
no-key-history = Nothing was done to keys since the archive was made.
deed-rotated = made key pair { $number } of
deed-admitted = admitted
deed-withdrawn = withdrew

# Help
how-to-ask = How to search
how-to-ask-text = Words are found in all their forms, with or without accents; all of them must be found. Fields have French names too.
ask-word = the word, in any of its forms
ask-phrase = these words, one after the other
ask-prefix = words that begin so
ask-without = without this word; every condition can be excluded like this
ask-or = one or the other
ask-type = a kind of document: pdf, docx, image, mail…
ask-class = what lies under a class or dossier; class:none is what is not filed
ask-from = who wrote or sent it
ask-to = who received it
ask-date = a year, month or day, or a span: 2019..2021
ask-before = before this date
ask-after = after this date
ask-title = words of the title
ask-name = words of the file name
ask-lang = its language: fr or en
ask-thread = the conversation of a message, by its identifier
ask-marking = its marking
ask-finding = what could not be read in full
keys = Keys
key-search = go to the search box
key-hits = next and previous result
key-open = open the result
key-back = back to the results
enter-key = Enter
escape-key = Esc
key-turn = previous and next page of results, or record
key-places = next and previous place found in the text
key-help = this page
keys-are-on = Single keys are on.
keys-are-off = Single keys are off.
keys-turn-off = Switch them off
keys-turn-on = Switch them on

# Filing
rooms = Rooms
inbox-room = To file
scheme-room = Classes
scheme = Classification scheme
inbox-empty = Everything is filed
inbox-empty-text = What comes in without a place waits here until somebody files it.
inbox-all = See all that is not filed
to-file = { $count ->
    [one] { $shown } record to file
   *[other] { $shown } records to file
}
choose = Choose “{ $title }”
file-under = File under
no-suggestion = Nothing that is filed is near enough to suggest a place.
suggested-because = { $nearest ->
    [one] The one record that is like it lies there
   *[other] Like { $there } of the { $nearest } nearest records
} ({ $share } % sure)
other-place = Another place
file-it = File
file-help = Without a choice in the list, the record shown is filed; with one, all that are chosen.
file-keys = Keys: j and k walk, y takes the first suggestion, x chooses, f goes to the box, z takes the last filing back.
open-to-read = Its words are not shown here: open it to read it, which is recorded.
filed-by-others = { $count ->
    [one] { $shown } was filed by somebody else meanwhile, and stays there
   *[other] { $shown } were filed by somebody else meanwhile, and stay there
}
filed-meanwhile = Somebody has filed “{ $title }” meanwhile, under
filed-just-now = { $count ->
    [0] It lies there already:
    [one] Filed under
   *[other] { $shown } filed under
}
undo = Take back
put-back = { $count ->
    [0] Nothing was put back.
    [one] Put back where it was.
   *[other] { $shown } put back where they were.
}
stayed = { $count ->
    [one] { $shown } stayed: it was filed again since, or its old place takes nothing any more.
   *[other] { $shown } stayed: they were filed again since, or their old place takes nothing any more.
}
curating = Curate
place = Place
place-help = The code of a class or dossier; nothing puts it back among what is not filed.
mark-it = Change its marking
marking-help = A level, then caveats and compartments: NP, DR, S, TS, S+SF.
reason = Reason
describe-it = Describe
title = Title
about-it = What it is about
describe-help = What you say stands before the document’s own words, which are kept. Empty what you want to take back.
keep = Keep
own-title = Own title
change-them = Change all
change-all = { $count ->
    [one] Change { $shown } record
   *[other] Change { $shown } records
}
file-them = File them
mark-them = Mark them
look-first = See what would change
would-change = { $count ->
    [0] Nothing would change.
    [one] { $shown } record would change.
   *[other] { $shown } records would change.
}
are-so = { $count ->
    [one] { $shown } is so already.
   *[other] { $shown } are so already.
}
are-lowered = { $count ->
    [one] { $shown } would be marked lower than it is, or lose a mention: more people may know it.
   *[other] { $shown } would be marked lower than they are, or lose a mention: more people may know them.
}
do-it = Do it
do-not = Do not
among-them = Among them
jobs = Jobs
no-jobs = Nothing is being done, and nothing was. What you change in many records at once is told here.
job-file = File under { $place }
job-unfile = Put back among what is not filed
job-mark = Mark { $marking }
job-undo = Take back job { $job }
progress = Progress
job-goes-on = { $done } of { $total }
job-changed = { $count ->
    [0] Nothing changed.
    [one] { $shown } record changed.
   *[other] { $shown } records changed.
}
job-refused = { $count ->
    [one] { $shown } could not be changed.
   *[other] { $shown } could not be changed.
}
began-at = begun { $moment }
ended-at = ended { $moment }
find-class = Find a class by code or title
no-classes = There are no classes yet. An archivist adds them here, or brings a table in on the command line: chartrier class import.
no-classes-known = There are no classes that you may know.
add-class = Add a class or a dossier
code = Code
under = Under
under-help = The code of the class above it; nothing puts it at the top.
class = Class
dossier = Dossier
add = Add
is-closed = closed
close = Close
reopen = Reopen
key-go = go to: { $room }
key-inbox-walk = the record before, the one after, of what is to be filed
key-accept = take the first suggestion
key-choose = choose the record shown
key-place = go to the box of the place
key-undo = take the last filing back

# Trouble
trouble = Nothing to show
where-it-was-sent = Back to where that was sent from
absent = There is nothing here.
absent-remedy = It is not there, or not for you to know. Look for it by searching.
busy = The archive is busy.
at-once = You ask for too much at once.
busy-remedy = Nothing is lost. Try again in a moment.
foreign = This did not come from a page of the archive.
foreign-remedy = Nothing was changed. Open the page in this browser and do it there.
other-host = This server does not go by that name.
other-host-remedy = Use the address that you were given.
too-much = That was too much, or too slow.
too-much-remedy = Nothing was changed. Try again with less.
our-mistake = Something went wrong here.
our-mistake-remedy = It is our mistake, and nothing is lost. Try again; if it goes on, tell who runs the archive.
not-signed-in = You are not signed in.
not-signed-in-remedy = Send the token of a session as bearer: POST /api/sessions gives one for name, password and code, or for the code of a sign-in link.
saved-searches = Your searches
save-search = Keep this search
save-as = Name of the search
forget-search = Keep it no longer

discreet-begin = Keep my words out of addresses
discreet-on = Your words stand in no address.
discreet-end = Show them in addresses again
words-lost = This link holds the words of another session: nobody can read them any more. Type them again.
