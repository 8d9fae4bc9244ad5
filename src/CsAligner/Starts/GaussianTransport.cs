using CsAligner.Tensors;
using MathNet.Numerics.LinearAlgebra;

namespace CsAligner.Starts;

/// <summary>
/// Closed-form maps between the Gaussians of two modalities, without a single pair. The optimal transport map from N(m, A) to N(n, B)
/// is x -> n + T (x - m) with T = A^-1/2 (A^1/2 B A^1/2)^1/2 A^-1/2. Half of the way along it lies the Wasserstein barycentre of both,
/// (I + T) / 2, where the two modalities meet with the least movement of each. Where few rows say how the covariances differ, T goes
/// towards the identity; with fewer than 50 on a side it is, and a mean shift remains.
/// </summary>
public static class GaussianTransport
{
    // Fewer rows tell a mean, and no covariance: the map is then a mean shift.
    private const int FewestRows = 50;

    /// <summary>Maps both modalities onto their barycentre; the common mean is taken to be 0, as in a mean shift.</summary>
    /// <param name="first">A modality.</param>
    /// <param name="second">The other, of the same width.</param>
    /// <exception cref="InputException">The widths differ.</exception>
    public static (StartMap First, StartMap Second) ToBarycentre(GaussianFit first, GaussianFit second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        var (forth, back) = Maps(first, second);
        var identity = Matrix<double>.Build.DenseIdentity(first.Width);
        return (Map((identity + forth) / 2, first.Mean, null), Map((identity + back) / 2, second.Mean, null));
    }

    /// <summary>Maps a modality onto the other, which does not change.</summary>
    /// <param name="from">The modality that moves.</param>
    /// <param name="to">The target, of the same width.</param>
    /// <exception cref="InputException">The widths differ.</exception>
    public static StartMap Onto(GaussianFit from, GaussianFit to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        return Map(Maps(from, to).Forth, from.Mean, to.Mean);
    }

    // T and its inverse, A^1/2 (A^1/2 B A^1/2)^-1/2 A^1/2, both symmetric.
    private static (Matrix<double> Forth, Matrix<double> Back) Maps(GaussianFit from, GaussianFit to)
    {
        if (from.Width != to.Width)
            throw new InputException($"Rows of widths {from.Width} and {to.Width} have no transport map: with pairs, start from "
                + "regression; without, embed both with one model");
        var (a, b) = Covariances(from, to);
        var (root, inverseRoot) = Roots(a);
        var (middle, inverseMiddle) = Roots(root * b * root);
        return (inverseRoot * middle * inverseRoot, root * inverseMiddle * root);
    }

    // Where most of what the covariances differ by is sampling error, both go towards their mean, and the map towards the identity.
    private static (Matrix<double> From, Matrix<double> To) Covariances(GaussianFit from, GaussianFit to)
    {
        double difference = (from.SampleCovariance - to.SampleCovariance).PointwisePower(2).RowSums().Sum();
        double error = (from.SamplingError + to.SamplingError) / difference;
        double share = Math.Min(from.Rows, to.Rows) < FewestRows || !(error < 1) ? 1 : Math.Max(0, (2 * error) - 1);
        var mean = (from.Covariance + to.Covariance) / 2;
        return (from.Covariance + ((mean - from.Covariance) * share), to.Covariance + ((mean - to.Covariance) * share));
    }

    private static (Matrix<double> Root, Matrix<double> InverseRoot) Roots(Matrix<double> matrix)
    {
        var eigen = matrix.Evd(Symmetricity.Symmetric);
        Vector<double> values = eigen.EigenValues.Real();

        // Rounding may take the smallest below 0; shrunk covariances are further from it than this.
        values.PointwiseMaximum(values.Maximum() * 1e-12, values);
        Matrix<double> vectors = eigen.EigenVectors;
        return (Power(0.5), Power(-0.5));

        Matrix<double> Power(double exponent) =>
            (vectors * Matrix<double>.Build.DiagonalOfDiagonalVector(values.PointwisePower(exponent))).TransposeAndMultiply(vectors);
    }

    // x -> to + T (x - from).
    private static StartMap Map(Matrix<double> transport, Vector<double> from, Vector<double>? to)
    {
        Vector<double> shift = -(transport * from);
        if (to != null) shift += to;
        int width = from.Count;
        return new StartMap(
            RowMatrices.ToTensor(transport),
            Tensor.From([.. shift.Select(v => (float)v)], width));
    }
}
