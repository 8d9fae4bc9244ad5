using System.Globalization;

namespace CsAligner.Reports.Drawing;

/// <summary>Formats every number of the report in the same way: a real minus sign, no exponent, a dash for a missing value.</summary>
internal static class NumberText
{
    private const string None = "–";

    /// <summary>A value with three significant digits: 129, 1.29, 0.0184.</summary>
    public static string Value(double value)
    {
        if (!double.IsFinite(value))
            return None;
        double size = Math.Abs(value);
        int digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 || size < 5e-5 ? 2 : size >= 0.0995 ? 3 : 4;
        return Fixed(value, digits);
    }

    /// <summary>A share 0..1 in per cent with one decimal, without the sign.</summary>
    public static string Percent(double share) => Fixed(share * 100, 1);

    /// <summary>A number with a given count of decimals.</summary>
    public static string Fixed(double value, int decimals)
    {
        if (!double.IsFinite(value))
            return None;
        string text = Math.Abs(value).ToString("N" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        bool isZero = text.All(character => character is '0' or '.');
        return value < 0 && !isZero ? "\u2212" + text : text;
    }

    /// <summary>A count: 20,000.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A label on an axis whose ticks lie <paramref name="step"/> apart.</summary>
    public static string Tick(double value, double step) =>
        Fixed(value, Math.Clamp((int)-Math.Floor(Math.Log10(step) + 1e-9), 0, 8));

    /// <summary>A coordinate in a drawing; a tenth of a pixel is enough.</summary>
    public static string Coordinate(double value) => Math.Round(value, 1).ToString("0.#", CultureInfo.InvariantCulture);
}
