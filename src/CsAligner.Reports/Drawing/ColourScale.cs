using System.Globalization;

namespace CsAligner.Reports.Drawing;

/// <summary>
/// From dark blue over grey to yellow (the stops of cividis): lightness rises throughout, so it reads the same to the colour-blind
/// and in grey. Cells are opaque and carry their own text colour, so it is the same on a light and on a dark page.
/// </summary>
internal static class ColourScale
{
    private static readonly (int R, int G, int B)[] s_stops =
    [
        (0x00, 0x22, 0x4E), (0x12, 0x35, 0x70), (0x3B, 0x49, 0x6C), (0x57, 0x5D, 0x6D), (0x70, 0x71, 0x73),
        (0x8A, 0x86, 0x78), (0xA5, 0x9C, 0x74), (0xC3, 0xB3, 0x69), (0xE1, 0xCC, 0x55), (0xFE, 0xE8, 0x38),
    ];

    /// <summary>The colour of a share 0..1.</summary>
    public static string At(double share)
    {
        (int r, int g, int b) = Mix(share);
        return string.Create(CultureInfo.InvariantCulture, $"#{r:x2}{g:x2}{b:x2}");
    }

    /// <summary>White or near-black, whichever is easier to read on that colour.</summary>
    public static string InkOn(double share) => ContrastWithWhite(share) > 4.5 ? "#ffffff" : "#14130f";

    /// <summary>The contrast ratio of that colour with white, 1 to 21 (WCAG 2).</summary>
    public static double ContrastWithWhite(double share)
    {
        (int r, int g, int b) = Mix(share);
        return 1.05 / (0.05 + (0.2126 * Linear(r)) + (0.7152 * Linear(g)) + (0.0722 * Linear(b)));
    }

    private static double Linear(int part) =>
        part / 255.0 <= 0.04045 ? part / 255.0 / 12.92 : Math.Pow(((part / 255.0) + 0.055) / 1.055, 2.4);

    private static (int R, int G, int B) Mix(double share)
    {
        double at = Math.Clamp(share, 0, 1) * (s_stops.Length - 1);
        int low = Math.Min((int)at, s_stops.Length - 2);
        double part = at - low;
        int Between(int from, int to) => (int)Math.Round(from + (part * (to - from)));
        return (Between(s_stops[low].R, s_stops[low + 1].R), Between(s_stops[low].G, s_stops[low + 1].G),
            Between(s_stops[low].B, s_stops[low + 1].B));
    }
}
