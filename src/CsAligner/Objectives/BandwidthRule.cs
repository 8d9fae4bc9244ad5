using System.Globalization;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Measures;

namespace CsAligner.Objectives;

/// <summary>
/// How the bandwidth sigma of the kernel is chosen: a number; <c>median</c>, the median distance over distinct pairs
/// of the pooled rows; or <c>within*F</c>, F times the mean of the two within-modality medians, which stays
/// meaningful while a gap closes (at a fixed sigma, shrinking everything looks like aligning it).
/// </summary>
public sealed record BandwidthRule
{
    /// <summary>Medians are exact up to this many rows; from more rows, this many are drawn with the seed.</summary>
    public const int ExactRows = 5000;

    private const string WithinPrefix = "within*";

    private BandwidthRule(BandwidthKind kind, double factor) => (Kind, Factor) = (kind, factor);

    /// <summary>The rule.</summary>
    public BandwidthKind Kind { get; }

    /// <summary>sigma itself for <see cref="BandwidthKind.Fixed"/>, the factor F for <see cref="BandwidthKind.Within"/>, else 1.</summary>
    public double Factor { get; }

    /// <summary>The median distance of the pooled rows.</summary>
    public static BandwidthRule Median { get; } = new(BandwidthKind.Median, 1);

    /// <summary>One sigma for everything.</summary>
    /// <param name="sigma">Finite and above 0.</param>
    public static BandwidthRule Fixed(double sigma) => new(BandwidthKind.Fixed, Positive(sigma));

    /// <summary>A multiple of the spread within the modalities.</summary>
    /// <param name="factor">Finite and above 0; 0.35 is the project's measure.</param>
    public static BandwidthRule Within(double factor) => new(BandwidthKind.Within, Positive(factor));

    /// <summary>Reads <c>0.5</c>, <c>median</c> or <c>within*0.35</c>.</summary>
    /// <exception cref="InputException">The text is not a rule.</exception>
    public static BandwidthRule Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string trimmed = text.Trim();
        if (trimmed == "median") return Median;
        bool within = trimmed.StartsWith(WithinPrefix, StringComparison.Ordinal);
        string number = within ? trimmed[WithinPrefix.Length..] : trimmed;
        if (double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value > 0
            && double.IsFinite(value))
            return within ? Within(value) : Fixed(value);
        throw new InputException($"bandwidth: expected a number above 0, 'median' or 'within*F' with F above 0, got '{text}'; for example "
            + $"within*0.35{Suggestion.End(trimmed, ["median", WithinPrefix + "0.35"])}");
    }

    /// <summary>The bandwidth for two sets of rows.</summary>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D].</param>
    /// <param name="seed">Draws the rows if there are more than <paramref name="exactRows"/>.</param>
    /// <param name="exactRows">At least 2; fewer than the default where a median is wanted often, as in training.</param>
    /// <exception cref="InputException">There are too few rows, or they are anyway.</exception>
    public double Resolve(Tensor x, Tensor y, ulong seed = 0, int exactRows = ExactRows)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        ArgumentOutOfRangeException.ThrowIfLessThan(exactRows, 2);
        if (x.Rank != 2 || y.Rank != 2 || x.Width != y.Width)
            throw new ArgumentException($"Bandwidth: expected [M, D] and [N, D], got {x} and {y}.", nameof(y));
        if (Kind == BandwidthKind.Fixed) return Factor;
        var random = new RandomGenerator(seed);
        return Checked(Kind == BandwidthKind.Median
            ? MedianDistance(x, y, random, exactRows)
            : Factor * 0.5 * (MedianDistance(x, null, random, exactRows) + MedianDistance(y, null, random, exactRows)));
    }

    /// <summary>The same of rows that need not be in memory: the same rows are drawn.</summary>
    internal double Resolve(IRowSource x, IRowSource y, ulong seed)
    {
        return Resolve(x.Rows, y.Rows, seed, ExactRows, chosen => Read(x, chosen), chosen => Read(y, chosen));

        static Tensor Read(IRowSource source, int[] chosen)
        {
            var rows = new Tensor(chosen.Length, source.Width);
            for (int r = 0; r < chosen.Length; r++) source.Read(chosen[r], rows.Span.Slice(r * source.Width, source.Width));
            return rows;
        }
    }

    /// <summary>The same of rows that lie elsewhere: the same rows are drawn.</summary>
    /// <param name="x">M.</param>
    /// <param name="y">N.</param>
    /// <param name="seed">Draws the rows if there are more than <paramref name="exactRows"/>.</param>
    /// <param name="exactRows">At least 2.</param>
    /// <param name="readX">Gets chosen rows of x, their numbers ascending.</param>
    /// <param name="readY">The same of y.</param>
    internal double Resolve(int x, int y, ulong seed, int exactRows, Func<int[], Tensor> readX, Func<int[], Tensor> readY)
    {
        if (Kind == BandwidthKind.Fixed) return Factor;
        var random = new RandomGenerator(seed);
        if (Kind == BandwidthKind.Within) return Checked(Factor * 0.5 * (Median(Chosen(x), readX) + Median(Chosen(y), readY)));
        return Checked(Median(Chosen(x + y), chosen =>
        {
            Tensor first = readX([.. chosen.Where(row => row < x)]),
                second = readY([.. chosen.Where(row => row >= x).Select(row => row - x)]);
            var pooled = new Tensor(chosen.Length, first.Width);
            first.Span.CopyTo(pooled.Span);
            second.Span.CopyTo(pooled.Span[first.Length..]);
            return pooled;
        }));

        int[] Chosen(int total)
        {
            RequireTwo(total);
            return Choose(total, exactRows, random);
        }

        double Median(int[] chosen, Func<int[], Tensor> read) =>
            Distances.Median(read(chosen), null, [.. Enumerable.Range(0, chosen.Length)]);
    }

    /// <summary>The rule as <see cref="Parse"/> reads it.</summary>
    public override string ToString() => Kind switch
    {
        BandwidthKind.Median => "median",
        BandwidthKind.Within => WithinPrefix + Factor.ToString("R", CultureInfo.InvariantCulture),
        _ => Factor.ToString("R", CultureInfo.InvariantCulture),
    };

    private double MedianDistance(Tensor first, Tensor? second, RandomGenerator random, int exactRows)
    {
        int total = first.Rows + (second?.Rows ?? 0);
        RequireTwo(total);
        return Distances.Median(first, second, Choose(total, exactRows, random));
    }

    private void RequireTwo(int total)
    {
        if (total < 2)
            throw new InputException($"bandwidth {this}: a median distance needs at least 2 rows, got {total}; give a number instead");
    }

    private double Checked(double bandwidth) => bandwidth > 0 && double.IsFinite(bandwidth)
        ? bandwidth
        : throw new InputException($"bandwidth {this}: the median distance is {bandwidth}, because most rows are equal; give a number "
            + "instead");

    // A partial Fisher-Yates shuffle, then in order: the same rows for the same generator.
    private static int[] Choose(int total, int count, RandomGenerator random)
    {
        int[] rows = [.. Enumerable.Range(0, total)];
        if (total <= count) return rows;
        for (int i = 0; i < count; i++)
        {
            int other = i + random.Next(total - i);
            (rows[i], rows[other]) = (rows[other], rows[i]);
        }

        Array.Sort(rows, 0, count);
        return rows[..count];
    }

    private static double Positive(double value) =>
        value > 0 && double.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "It must be finite and above 0.");
}
