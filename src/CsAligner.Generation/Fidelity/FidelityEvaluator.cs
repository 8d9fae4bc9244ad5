using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Measures;
using CsAligner.Tensors.Kernels.Scores;

namespace CsAligner.Generation.Fidelity;

// Shapes: generated [M, D], reference [N, D], training [T, D].

/// <summary>
/// Measures how close generated pictures are to real ones, from features of both. Everything is float64 except the search in a training
/// set; the same bits for any number of threads. Time O((M + N)^2 D) and O((M + N) T D) for training; memory O((M + N) (D + k)) and a
/// few blocks of rows.
/// </summary>
public static class FidelityEvaluator
{
    /// <summary>The default number of nearest neighbours for a ball, as in Naeem et al.</summary>
    public const int DefaultNeighbours = 5;

    /// <summary>The most nearest neighbours that can be asked for.</summary>
    public const int MostNeighbours = 1000;

    /// <summary>Below this many rows on a side the Frechet distance is clearly too large: the width of Inception features.</summary>
    public const int FewRows = 2048;

    /// <summary>Compares generated with real pictures.</summary>
    /// <param name="generated">[M, D], at least two rows, as the encoder gave them: of length 1 by all encoders here.</param>
    /// <param name="reference">[N, D], at least two rows of the same encoder.</param>
    /// <param name="neighbours">k of precision, recall, density and coverage, 1 to <see cref="MostNeighbours"/>.</param>
    /// <param name="training">
    /// [T, D], what the generator was trained on; null if copies are not looked for. With it all rows must have length 1.
    /// </param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="neighbours"/> is out of its range.</exception>
    /// <exception cref="InputException">
    /// Too few rows, different widths, or a row that is not finite, all zeros, or (with training) not of length 1.
    /// </exception>
    public static FidelityMeasures Measure(
        Tensor generated,
        Tensor reference,
        int neighbours = DefaultNeighbours,
        Tensor? training = null,
        CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(neighbours, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(neighbours, MostNeighbours);
        double[] lengthsX = CheckedLengths(generated, "generated", unit: training != null);
        double[] lengthsY = CheckedLengths(reference, "reference", unit: training != null);
        RequireSameWidth(generated, reference, "reference");
        if (generated.Rows < 2 || reference.Rows < 2)
        {
            throw new InputException(
                $"fidelity: expected at least 2 rows of each, got {generated.Rows} generated and {reference.Rows} reference; "
                + "give more pictures");
        }

        if (training != null)
        {
            RequireSameWidth(generated, training, "training");
            CheckedLengths(training, "training", unit: true);
            if (training.Rows == 0) throw new InputException("fidelity: the training set has no rows; give a set with rows, or none");
        }

        var (m, n) = (generated.Rows, reference.Rows);
        FidelityRows withinX = FidelitySums.Within(generated, lengthsX, m > neighbours ? neighbours : 0, cancellation);
        FidelityRows withinY = FidelitySums.Within(reference, lengthsY, n > neighbours ? neighbours : 0, cancellation);
        FidelityRows fromX = FidelitySums.Between(generated, lengthsX, reference, lengthsY, withinY.SquaredDistances, cancellation);
        FidelityRows fromY = FidelitySums.Between(reference, lengthsY, generated, lengthsX, withinX.SquaredDistances, cancellation);
        double gaussians = (withinX.Gaussian.Sum() / m / m) + (withinY.Gaussian.Sum() / n / n) - (2 * fromX.Gaussian.Sum() / m / n);
        var kernel = new KernelDistance(withinX.Polynomial, withinY.Polynomial, fromX.Polynomial, fromY.Polynomial);
        return new FidelityMeasures
        {
            GeneratedRows = m,
            ReferenceRows = n,
            Dim = generated.Width,
            Frechet = FrechetDistance.Compute(generated, reference),
            KernelDistance = kernel.Value,
            KernelDistanceError = kernel.StandardError,
            Cmmd = 1000 * Math.Max(0, gaussians),
            Precision = n > neighbours ? Share(fromX.Balls, count => count > 0) : null,
            Recall = m > neighbours ? Share(fromY.Balls, count => count > 0) : null,
            Density = n > neighbours ? fromX.Balls.Average() / neighbours : null,
            Coverage = n > neighbours ? Share([.. fromY.SquaredDistances.Zip(withinY.SquaredDistances)], d => d.First < d.Second) : null,
            Neighbours = neighbours,
            Training = training == null ? null : TrainingSearch.Measure(generated, reference, training, cancellation),
        };
    }

    private static double Share<T>(T[] all, Func<T, bool> counts) => (double)all.Count(counts) / all.Length;

    private static void RequireSameWidth(Tensor generated, Tensor other, string name)
    {
        if (generated.Width != other.Width)
        {
            throw new InputException(
                $"fidelity: expected rows of one encoder; generated rows have {generated.Width} values, but {name} rows "
                + $"{other.Width}; embed both with one model");
        }
    }

    private static double[] CheckedLengths(Tensor rows, string name, bool unit)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Rank != 2) throw new InputException($"fidelity: the {name} rows must be a matrix [rows, width], got {rows}");
        double[] squared = Float64Scores.SquaredLengths(rows);
        for (int i = 0; i < squared.Length; i++)
        {
            if (!double.IsFinite(squared[i])) throw Refused(i, "holds NaN or infinity", "remove it or encode it again");
            if (squared[i] == 0) throw Refused(i, "is all zeros and has no direction", "remove it or encode it again");
            if (unit && Math.Abs(squared[i] - 1) > 1e-3)
                throw Refused(i, $"has length {Math.Sqrt(squared[i]):g4}", "with a training set rows must have length 1: normalise them");
        }

        return squared;

        InputException Refused(int row, string what, string cure) => new($"fidelity: row {row} of the {name} rows {what}; {cure}");
    }
}
