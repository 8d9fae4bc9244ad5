"""Writes UnicodeForms.txt: what Unicode's normalisation forms need to know. Usage: python3 unicode_forms.py > UnicodeForms.txt"""
import unicodedata as u

LAST_HANGUL = 0xAC00 + 11172

# Syllables of Hangul are left out: a formula makes and cuts them.
characters = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000 and not 0xAC00 <= c < LAST_HANGUL]


def hexadecimal(text):
    return " ".join(f"{ord(c):X}" for c in text)


print(f"# Unicode {u.unidata_version}, by unicode_forms.py. D: a character and its full canonical decomposition; K: its full compatibility")
print("# decomposition where that is another one; C: two characters and their composition; R: characters from, to, and their combining")
print("# class. Hexadecimal, classes decimal.")
for c in characters:
    canonical, compatible = u.normalize("NFD", c), u.normalize("NFKD", c)
    if canonical != c:
        print("D", hexadecimal(c), hexadecimal(canonical))
    if compatible != canonical:
        print("K", hexadecimal(c), hexadecimal(compatible))
for c in characters:
    parts = u.decomposition(c)
    if parts and not parts.startswith("<") and len(parts.split()) == 2 and u.normalize("NFC", c) == c:
        print("C", parts, hexadecimal(c))
runs = []
for c in characters:
    kind = u.combining(c)
    if runs and runs[-1][2] == kind and runs[-1][1] == ord(c) - 1:
        runs[-1][1] = ord(c)
    else:
        runs.append([ord(c), ord(c), kind])
for first, last, kind in runs:
    if kind:
        print(f"R {first:X} {last:X} {kind}")
