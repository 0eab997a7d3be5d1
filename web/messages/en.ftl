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
empty-text = Records that you may know will be listed here. Bring the first ones in on the command line:
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
sign-in-text = One signs in by a link that opens once, within five minutes. Ask for one where the archive lives:
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
clearance-is = Your clearance: { $clearance }.

# Adding
add = Add
add-title = Add to the archive
add-text = Photographs, scans, documents: every file is kept exactly as it is, and counts as received only when it has been compared and is safe in the archive. What is held already is not sent again.
add-place = Where it goes
add-place-help = Code or title of a class or dossier. Left empty, it goes to the inbox and is filed later.
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
adding-held = was in the archive already
adding-offline = No connection. Sending goes on by itself when it is back.
adding-signed-out = You are no longer signed in. Sign in again, and sending goes on.
adding-paused = Paused.
adding-pause = Pause
adding-go-on = Go on
adding-retry = Try again
adding-memory = Your browser has no room to remember some of these files: keep this page open until they are sent.
adding-gone = This browser can no longer read the file. Choose it again.
unfinished = Not in the archive yet
unfinished-text = Not all of it has arrived. Add the same file again, and sending goes on where it was.
give-up = Give up
received = Added in this session
received-none = Nothing yet. What you add is listed here, with its record, as soon as it is safe in the archive.

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

# Trouble
trouble = Nothing to show
absent = There is nothing here.
absent-remedy = It is not there, or not for you to know. Look for it by searching.
busy = The archive is busy.
busy-remedy = Nothing is lost. Try again in a moment.
foreign = This did not come from a page of the archive.
foreign-remedy = Nothing was changed. Open the page in this browser and do it there.
other-host = This server does not go by that name.
other-host-remedy = Use the address that you were given.
too-much = That was too much, or too slow.
too-much-remedy = Nothing was changed. Try again with less.
our-mistake = Something went wrong here.
our-mistake-remedy = It is our mistake, and nothing is lost. Try again; if it goes on, tell who runs the archive.
