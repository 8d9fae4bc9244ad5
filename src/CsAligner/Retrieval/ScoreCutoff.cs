using System.Globalization;
using CsAligner.Tensors;
using MathNet.Numerics.Distributions;

namespace CsAligner.Retrieval;

/// <summary>
/// The lowest score of a match: a cosine, or <see cref="Auto"/>. A row passes if its score is at most 1e-6 below the cutoff, because rows
/// are rounded to float32.
/// </summary>
/// <param name="Score">The cosine; null decides it for each query and kind, without labels.</param>
public sealed record ScoreCutoff(double? Score)
{
    /// <summary>The fewest rows of a kind for <see cref="Auto"/>: fewer show no distribution.</summary>
    public const int FewestRows = 8;

    internal const double Tolerance = 1e-6;

    /// <summary>
    /// Decides from the query's scores with all rows of a kind. Nearly all rows of a collection are unrelated to a query, and their scores
    /// are close to Gaussian. Median and upper quartile give that Gaussian: its mean is the median m, its standard deviation is
    /// s = (Q75 - m) / 0.6745. The cutoff is m + z s with P(Z > z) = 1 / n for n rows, so about one unrelated row is expected to pass.
    /// It holds while clearly fewer than a quarter of the rows are related to the query.
    /// </summary>
    public static ScoreCutoff Auto { get; } = new((double?)null);

    /// <summary>A cosine.</summary>
    public double? Score { get; } = Score is null or (>= -1 and <= 1)
        ? Score
        : throw new InputException(
            $"MinScore: expected a cosine from -1 up to 1, got {Score.Value.ToString("R", CultureInfo.InvariantCulture)}");

    /// <summary>Reads a number, or <c>auto</c>.</summary>
    /// <exception cref="InputException">It is neither, or out of range.</exception>
    public static ScoreCutoff Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text == "auto") return Auto;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double score) && score is >= -1 and <= 1
            ? new ScoreCutoff(score)
            : throw new InputException($"MinScore: expected a cosine from -1 up to 1, or auto, got '{text}'");
    }

    /// <summary>The cutoff of <see cref="Auto"/> for the scores of a query with all rows of a kind, or with a sample of them.</summary>
    /// <param name="scores">At least <see cref="FewestRows"/>; they are sorted.</param>
    /// <param name="rows">How many rows there are; null if these are all.</param>
    internal static double Decide(Span<float> scores, long? rows = null)
    {
        scores.Sort();
        double median = Quantile(scores, 0.5), spread = (Quantile(scores, 0.75) - median) / Normal.InvCDF(0, 1, 0.75);
        return median - (Normal.InvCDF(0, 1, 1.0 / (rows ?? scores.Length)) * spread);
    }

    private static double Quantile(ReadOnlySpan<float> sorted, double share)
    {
        double place = share * (sorted.Length - 1);
        int low = (int)place;
        double next = sorted[Math.Min(low + 1, sorted.Length - 1)];
        return sorted[low] + ((place - low) * (next - sorted[low]));
    }
}
