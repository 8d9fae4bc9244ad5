namespace CsAligner.Reports.Drawing;

/// <summary>Maps values from <see cref="Minimum"/>..<see cref="Maximum"/> to pixels from <see cref="From"/>..<see cref="To"/>.</summary>
internal sealed record LinearScale(double Minimum, double Maximum, double From, double To)
{
    /// <summary>
    /// A scale for values that ends on round numbers. It begins at zero when the values come near it, for a chart that
    /// cuts off most of its axis exaggerates. Values that are not finite are passed over.
    /// </summary>
    public static LinearScale Around(IEnumerable<double> values, double from, double to)
    {
        double[] finite = [.. values.Where(double.IsFinite)];
        (double low, double high) = finite.Length == 0 ? (0, 1) : (finite.Min(), finite.Max());
        if (low > 0 && low < 0.6 * high)
            low = 0;
        if (high - low <= 1e-9 * Math.Max(Math.Abs(high), 1e-300))
            (low, high) = high == 0 ? (0, 1) : (Math.Min(low - (Math.Abs(low) / 2), 0), high + (Math.Abs(high) / 2));
        // Rounding the ends outwards widens the range, which may call for a larger step: once more with that.
        var scale = new LinearScale(low, high, from, to);
        for (int round = 0; round < 2; round++)
        {
            double step = NiceStep(scale.Maximum - scale.Minimum, 4);
            scale = scale with { Minimum = Math.Floor((low / step) + 1e-9) * step, Maximum = Math.Ceiling((high / step) - 1e-9) * step };
        }

        return scale;
    }

    /// <summary>The pixel of a value.</summary>
    public double At(double value) => From + ((value - Minimum) / (Maximum - Minimum) * (To - From));

    /// <summary>Round values on the scale, about the requested number, and the step between them.</summary>
    public (IReadOnlyList<double> Values, double Step) Ticks(int about = 4)
    {
        double step = NiceStep(Maximum - Minimum, about);
        var values = new List<double>();
        for (long k = (long)Math.Ceiling((Minimum / step) - 1e-9); k * step <= Maximum + (1e-9 * step); k++)
            values.Add(k * step);
        return (values, step);
    }

    /// <summary>1, 2 or 5 times a power of ten, so that the range takes about that many steps.</summary>
    private static double NiceStep(double range, int about)
    {
        double raw = range / about;
        double power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        double leading = raw / power;
        return power * (leading < 1.5 ? 1 : leading < 3.5 ? 2 : leading < 7.5 ? 5 : 10);
    }
}
