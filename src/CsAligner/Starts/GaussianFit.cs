using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Measures;
using MathNet.Numerics.LinearAlgebra;

namespace CsAligner.Starts;

// Shapes: rows [N, D]; mean [D]; covariance [D, D].

/// <summary>
/// A Gaussian fitted to the rows of one modality: their mean, and their covariance C shrunk towards a multiple of the identity,
/// (1 - rho) C + rho tr(C)/D I. rho is Ledoit and Wolf's (2004), the one of the least expected squared error: near 0 for many rows,
/// near 1 for few. So a fit to fewer rows than dimensions can be inverted.
/// </summary>
public sealed class GaussianFit
{
    // What is left of the smallest variances, as a share of the mean one, if there are too many rows to shrink: rows of lower
    // dimension than their width would have no inverse.
    private const double LeastShrinkage = 1e-3;

    private GaussianFit(int rows, double shrinkage, Vector<double> mean, Matrix<double> sample, Matrix<double> covariance) =>
        (Rows, Shrinkage, Mean, SampleCovariance, Covariance) = (rows, shrinkage, mean, sample, covariance);

    /// <summary>How many rows it was fitted to.</summary>
    public int Rows { get; }

    /// <summary>D.</summary>
    public int Width => Mean.Count;

    /// <summary>rho, 0.001 to 1.</summary>
    public double Shrinkage { get; }

    internal Vector<double> Mean { get; }

    /// <summary>Before shrinkage.</summary>
    internal Matrix<double> SampleCovariance { get; }

    /// <summary>Shrunk.</summary>
    internal Matrix<double> Covariance { get; }

    /// <summary>The expected squared error (Frobenius) of the covariance before shrinkage, as Ledoit and Wolf estimate it.</summary>
    internal double SamplingError { get; private init; }

    /// <summary>Fits rows in memory.</summary>
    /// <param name="rows">[N, D], two rows or more that are not anyway.</param>
    /// <exception cref="InputException">There are fewer than two rows, or all are the same.</exception>
    public static GaussianFit Of(Tensor rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return Of(new RowsInMemory(rows));
    }

    /// <summary>Fits rows that need not fit into memory; they are read twice, in blocks. Time O(N D^2).</summary>
    /// <param name="rows">Two rows or more that are not anyway.</param>
    /// <param name="progress">Receives the number of rows read so far, out of twice their number.</param>
    /// <param name="cancellation">Checked before every block.</param>
    /// <exception cref="InputException">There are fewer than two rows, or all are the same.</exception>
    public static GaussianFit Of(IRowSource rows, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        int count = rows.Rows, width = rows.Width;
        if (count < 2) throw new InputException($"Fitting a Gaussian needs at least 2 rows, got {count}");
        var moments = new StreamedMoments(width);
        foreach (bool last in (ReadOnlySpan<bool>)[false, true])
        {
            var block = new Tensor(Math.Min(count, StreamedMoments.BlockRows), width);
            for (int first = 0; first < count; first += StreamedMoments.BlockRows)
            {
                cancellation.ThrowIfCancellationRequested();
                int size = Math.Min(StreamedMoments.BlockRows, count - first);
                rows.Read(first, block.Span[..(size * width)]);
                if (last) moments.AddCovariance(block, size);
                else moments.AddMean(block, size);
                progress?.Invoke((last ? count : 0) + first + size);
            }
        }

        Matrix<double> covariance = Matrix<double>.Build.Dense(width, width, moments.Covariance());
        double variance = covariance.Trace() / width;
        if (!(variance > 0)) throw new InputException($"A Gaussian cannot be fitted to {count} equal rows");
        double error = moments.LedoitWolf(), shrinkage = Math.Clamp(error, LeastShrinkage, 1);
        Matrix<double> target = Matrix<double>.Build.DenseIdentity(width) * variance;
        return new GaussianFit(count, shrinkage, Vector<double>.Build.Dense(moments.Mean()), covariance,
            (covariance * (1 - shrinkage)) + (target * shrinkage))
        {
            SamplingError = error * (covariance - target).PointwisePower(2).RowSums().Sum(),
        };
    }

    /// <summary>
    /// How much two modalities vary in the same directions: D tr(A B) / (tr(A) tr(B)) of their covariances before shrinkage. It is about 1
    /// where the directions of one say nothing about those of the other, as between encoders of different origin; 4 to 12 between the
    /// images and texts of a CLIP.
    /// </summary>
    /// <param name="other">A fit of the same width.</param>
    /// <exception cref="InputException">The widths differ.</exception>
    public double SharedVariance(GaussianFit other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Width != Width) throw new InputException($"Fits of widths {Width} and {other.Width} share no directions");
        double product = Covariance.PointwiseMultiply(other.Covariance).Enumerate().Sum();
        double shrunk = Width * product / (Covariance.Trace() * other.Covariance.Trace());

        // Shrinkage pulls the ratio to 1 by a known share; nothing is left of it where both are the identity.
        double kept = (1 - Shrinkage) * (1 - other.Shrinkage);
        return kept > 1e-9 ? 1 + ((shrunk - 1) / kept) : 1;
    }

    private sealed class RowsInMemory(Tensor values) : IRowSource
    {
        public int Rows => values.Rows;

        public int Width => values.Width;

        public void Read(int first, Span<float> rows) => values.Span.Slice(first * Width, rows.Length).CopyTo(rows);
    }
}
