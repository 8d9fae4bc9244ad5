using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace CsAligner.Tokenizers.Characters;

/// <summary>
/// Unicode's normalisation forms, as <c>"…".normalize("NFKC")</c> of JavaScript gives them, lone surrogates left as they are.
/// <see cref="string.Normalize(NormalizationForm)"/> changes nothing here: it asks ICU, which this program runs without.
/// </summary>
internal static class UnicodeForms
{
    // Syllables of Hangul: consonant, vowel and perhaps a last consonant, numbered by a formula.
    private const int FirstSyllable = 0xAC00, FirstLeading = 0x1100, FirstVowel = 0x1161, BeforeTrailing = 0x11A7;
    private const int Leadings = 19, Vowels = 21, Trailings = 28, Syllables = Leadings * Vowels * Trailings;

    // Below, no character changes, combines or is combined with: in the forms NFKC and NFKD, NFD, and NFC.
    private const char FirstCompatible = '\u00A0', FirstDecomposed = '\u00C0', FirstCombining = '\u0300';

    private static readonly Lazy<Table> s_table = new(ReadTable);

    /// <summary>The text in one of the four forms.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="compatible">True: NFKC or NFKD, which also give up what only looks different (widths, ligatures, …).</param>
    /// <param name="composed">True: NFC or NFKC, letters and their marks in one character if there is one.</param>
    public static string Normalize(string text, bool compatible, bool composed)
    {
        char first = compatible ? FirstCompatible : composed ? FirstCombining : FirstDecomposed;
        if (text.AsSpan().IndexOfAnyExceptInRange('\0', (char)(first - 1)) < 0)
            return text;
        var table = s_table.Value;
        var characters = Decompose(text, compatible ? table.Compatible : table.Canonical);
        Order(characters, table);
        if (composed)
            characters = Compose(characters, table);
        return Text(characters);
    }

    private static List<int> Decompose(string text, FrozenDictionary<int, int[]> decompositions)
    {
        var characters = new List<int>(text.Length + 8);
        for (int i = 0; i < text.Length; i++)
        {
            int character = text[i];
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                character = char.ConvertToUtf32(text[i], text[++i]);
            int syllable = character - FirstSyllable;
            if ((uint)syllable < Syllables)
            {
                characters.Add(FirstLeading + (syllable / (Vowels * Trailings)));
                characters.Add(FirstVowel + (syllable / Trailings % Vowels));
                if (syllable % Trailings > 0)
                    characters.Add(BeforeTrailing + (syllable % Trailings));
            }
            else if (decompositions.TryGetValue(character, out int[]? parts))
            {
                characters.AddRange(parts);
            }
            else
            {
                characters.Add(character);
            }
        }

        return characters;
    }

    /// <summary>Runs of combining characters in the order of their classes; within a class they stay in place.</summary>
    private static void Order(List<int> characters, Table table)
    {
        for (int i = 0; i < characters.Count; i++)
        {
            int end = i;
            while (end < characters.Count && table.Class(characters[end]) > 0)
                end++;
            if (end - i > 1)
            {
                int[] ordered = [.. characters[i..end].OrderBy(table.Class)];
                for (int k = 0; k < ordered.Length; k++)
                    characters[i + k] = ordered[k];
            }

            i = Math.Max(i, end - 1);
        }
    }

    private static List<int> Compose(List<int> characters, Table table)
    {
        var result = new List<int>(characters.Count);
        int starter = -1, lastClass = 0;
        foreach (int character in characters)
        {
            int kind = table.Class(character);
            bool blocked = starter < 0 || (result.Count - 1 > starter && lastClass >= kind);
            if (!blocked && TryCompose(result[starter], character, table, out int composed))
            {
                result[starter] = composed;
                continue;
            }

            if (kind == 0)
                starter = result.Count;
            lastClass = kind;
            result.Add(character);
        }

        return result;
    }

    private static string Text(List<int> characters)
    {
        var text = new StringBuilder(characters.Count + 8);
        foreach (int character in characters)
        {
            if (character < 0x10000)
                text.Append((char)character);
            else
                text.Append(char.ConvertFromUtf32(character));
        }

        return text.ToString();
    }

    private static bool TryCompose(int first, int second, Table table, out int composed)
    {
        if ((uint)(first - FirstLeading) < Leadings && (uint)(second - FirstVowel) < Vowels)
        {
            composed = FirstSyllable + ((((first - FirstLeading) * Vowels) + (second - FirstVowel)) * Trailings);
            return true;
        }

        if ((uint)(first - FirstSyllable) < Syllables && (first - FirstSyllable) % Trailings == 0 && second > BeforeTrailing
            && second < BeforeTrailing + Trailings)
        {
            composed = first + second - BeforeTrailing;
            return true;
        }

        return table.Compositions.TryGetValue((first, second), out composed);
    }

    private static Table ReadTable()
    {
        using Stream stream = typeof(UnicodeForms).Assembly.GetManifestResourceStream("CsAligner.Tokenizers.Characters.UnicodeForms.txt")!;
        using var lines = new StreamReader(stream, Encoding.ASCII);
        var canonical = new Dictionary<int, int[]>();
        var compatible = new Dictionary<int, int[]>();
        var compositions = new Dictionary<(int, int), int>();
        var classes = new Dictionary<int, byte>();
        while (lines.ReadLine() is { } line)
        {
            string[] fields = line.Split(' ');
            switch (fields[0])
            {
                case "D":
                    canonical[Number(fields[1])] = compatible[Number(fields[1])] = [.. fields[2..].Select(Number)];
                    break;
                case "K":
                    compatible[Number(fields[1])] = [.. fields[2..].Select(Number)];
                    break;
                case "C":
                    compositions[(Number(fields[1]), Number(fields[2]))] = Number(fields[3]);
                    break;
                case "R":
                    for (int character = Number(fields[1]); character <= Number(fields[2]); character++)
                        classes[character] = byte.Parse(fields[3], CultureInfo.InvariantCulture);
                    break;
            }
        }

        return new Table(canonical.ToFrozenDictionary(), compatible.ToFrozenDictionary(), compositions.ToFrozenDictionary(),
            classes.ToFrozenDictionary());
    }

    private static int Number(string field) => int.Parse(field, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private sealed record Table(
        FrozenDictionary<int, int[]> Canonical, FrozenDictionary<int, int[]> Compatible,
        FrozenDictionary<(int First, int Second), int> Compositions, FrozenDictionary<int, byte> Classes)
    {
        public int Class(int character) => Classes.GetValueOrDefault(character);
    }
}
