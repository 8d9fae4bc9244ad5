using System.Globalization;
using System.Text;

namespace CsAligner.Data.Pictures;

/// <summary>
/// Emoji whose pictures are nearly the same: one person as woman, man and neither, with any tone of skin or hair, looking left or right;
/// and rows of pictures that differ in a detail or a colour, such as the hours of the clock. The table was made by comparing all
/// pictures at 48 x 48; yellow faces, which differ in the expression that is their name, are not in it.
/// </summary>
internal static class EmojiFamilies
{
    private const int Joiner = 0x200D, Keycap = 0x20E3;

    // A family in a line, of code points and ranges: the first stands for the others.
    private const string Table = """
        1F9D1 1F468 1F469 1F9D4
        1F9D2 1F466 1F467
        1F9D3 1F474 1F475
        1FAC5 1F478 1F934
        1F936 1F385
        1F483 1F57A
        1F930 1FAC3 1FAC4
        1F46B-1F46D
        1F550-1F567
        1F311-1F318 1F31A 1F31D
        1F30D-1F30F
        1F534-1F535 1F7E0-1F7E4 26AA 26AB
        1F7E5-1F7EB 2B1B 2B1C
        1F499-1F49C 2764 2665 1F5A4 1F90D 1F90E 1F9E1 1FA75-1FA77
        1F638-1F640 1F431
        1F608 1F47F
        1F52F 2721
        26C4 2603
        1F3E3 1F3E4
        1F4F7 1F4F8
        1F402 1F403
        1F501 1F502
        2194-2199 2B05-2B07 27A1
        """;

    private static readonly Dictionary<int, int> First = Read();

    /// <summary>The family of an emoji: the code points that stand for all in it.</summary>
    /// <param name="emoji">Its characters.</param>
    public static string Of(string emoji)
    {
        var family = new List<int>();
        foreach (Rune rune in emoji.EnumerateRunes())
        {
            int code = rune.Value;
            // All keys are one: only the digit on them differs.
            if (code == Keycap) family.Clear();
            // Variation selectors, tones of skin, hair; behind others also the signs of woman and man, and arrows for a direction.
            bool isVariant = code is 0xFE0E or 0xFE0F or (>= 0x1F3FB and <= 0x1F3FF) or (>= 0x1F9B0 and <= 0x1F9B3)
                || (family.Count > 0 && code is 0x2640 or 0x2642 or 0x27A1);
            if (!isVariant) family.Add(First.GetValueOrDefault(code, code));
        }

        while (family.Count > 0 && family[^1] == Joiner) family.RemoveAt(family.Count - 1);
        return family.Count == 0
            ? emoji
            : string.Join('-', family.Select(code => code.ToString("x4", CultureInfo.InvariantCulture)));
    }

    private static Dictionary<int, int> Read()
    {
        var first = new Dictionary<int, int>();
        foreach (string line in Table.Split('\n', StringSplitOptions.TrimEntries))
        {
            int[][] ranges = [.. line.Split(' ').Select(range => range.Split('-').Select(Code).ToArray())];
            foreach (int[] range in ranges)
                for (int code = range[0]; code <= range[^1]; code++) first.Add(code, ranges[0][0]);
        }

        return first;
    }

    private static int Code(string hex) => int.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
