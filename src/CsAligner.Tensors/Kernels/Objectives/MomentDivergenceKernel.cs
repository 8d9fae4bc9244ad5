using System.Numerics.Tensors;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Objectives;

// Shapes: x [M, D], y [N, D]; means [D], covariances [D, D] over rows - 1.

/// <summary>Divergences between the first two moments of two sets of rows, with gradients.</summary>
internal static unsafe class MomentDivergenceKernel
{
    private const double LeastVariance = 1e-28, MostVariance = 1e28;

    /// <summary>
    /// |C_x - C_y|_F^2 / (4 D^2) + meanWeight |m_x - m_y|^2; float32 products of centred rows, float64 sums. Gradients are written where
    /// there is room for them.
    /// </summary>
    public static double Coral(Tensor x, Tensor y, double meanWeight, Tensor? gradX, Tensor? gradY)
    {
        using var scratch = new Scratch();
        int width = x.Width;
        Moments first = new(x, scratch), second = new(y, scratch);
        float* covariance = first.NarrowCovariance(scratch), other = second.NarrowCovariance(scratch);
        int size = checked(width * width);
        TensorPrimitives.Subtract(new ReadOnlySpan<float>(covariance, size), new ReadOnlySpan<float>(other, size),
            new Span<float>(covariance, size));
        double value = Reductions.SumOfSquares(covariance, size) / (4.0 * width * width);
        double* gap = scratch.Doubles(width);
        for (int d = 0; d < width; d++)
        {
            gap[d] = first.Mean[d] - second.Mean[d];
            value += meanWeight * gap[d] * gap[d];
        }

        first.Pull(covariance, 1 / ((double)width * width), gap, 2 * meanWeight, gradX, scratch);
        second.Pull(covariance, -1 / ((double)width * width), gap, -2 * meanWeight, gradY, scratch);
        return value;
    }

    /// <summary>
    /// Half of KL(p|q) + KL(q|p) between Gaussians of the means and the covariances (1 - shrinkage) C + shrinkage tr(C) / D I; NaN
    /// where one of these is not positive definite. Float64 except for the last product of the gradients, which are written where there
    /// is room for them.
    /// </summary>
    public static double SymmetricKl(Tensor x, Tensor y, double shrinkage, Tensor? gradX, Tensor? gradY)
    {
        using var scratch = new Scratch();
        int width = x.Width;
        long size = (long)width * width;
        Moments first = new(x, scratch), second = new(y, scratch);
        double* a = first.Covariance(shrinkage, scratch), b = second.Covariance(shrinkage, scratch);
        if (gradX != null || gradY != null) CheckVariances(a, b, width);
        double* inverseA = scratch.Doubles(size), inverseB = scratch.Doubles(size), spare = scratch.Doubles(size);
        if (!Invert(a, inverseA) || !Invert(b, inverseB)) return double.NaN;
        double* gap = scratch.Doubles(width), pull = scratch.Doubles(width), pullA = scratch.Doubles(width), pullB = scratch.Doubles(width);
        for (int d = 0; d < width; d++) gap[d] = first.Mean[d] - second.Mean[d];
        double value = Dot(inverseB, a, size) + Dot(inverseA, b, size) - (2.0 * width);
        for (int d = 0; d < width; d++)
        {
            pullA[d] = Float64Gemm.Dot(inverseA + ((nint)d * width), gap, width);
            pullB[d] = Float64Gemm.Dot(inverseB + ((nint)d * width), gap, width);
            pull[d] = pullA[d] + pullB[d];
            value += gap[d] * pull[d];
        }

        // d/dA = (B^-1 - A^-1 B A^-1 - A^-1 g g^T A^-1) / 4, and the same with A and B exchanged.
        if (gradX != null) first.Pull(Slope(b, inverseA, inverseB, pullA), 2, pull, 0.5, gradX, scratch);
        if (gradY != null) second.Pull(Slope(a, inverseB, inverseA, pullB), 2, pull, -0.5, gradY, scratch);
        return value / 4;

        bool Invert(double* matrix, double* inverse)
        {
            new ReadOnlySpan<double>(matrix, checked((int)size)).CopyTo(new Span<double>(spare, (int)size));
            return SymmetricInverse.Invert(spare, width, inverse);
        }

        float* Slope(double* other, double* inverse, double* inverseOther, double* pulled)
        {
            double* product = scratch.Doubles(size);
            Float64Gemm.TransposeProduct(other, width, inverse, width, width, spare);
            Float64Gemm.TransposeProduct(inverse, width, spare, width, width, product);
            double trace = 0;
            for (int i = 0; i < width; i++)
            {
                var row = new Span<double>(product + ((nint)i * width), width);
                TensorPrimitives.Subtract(new ReadOnlySpan<double>(inverseOther + ((nint)i * width), width), row, row);
                TensorPrimitives.MultiplyAdd(new ReadOnlySpan<double>(pulled, width), -pulled[i], row, row);
                TensorPrimitives.Multiply(row, 0.25, row);
                trace += row[i];
            }

            // Through the shrinkage, to the covariance itself.
            float* slope = scratch.Floats(size);
            for (int i = 0; i < width; i++)
            {
                var row = new Span<double>(product + ((nint)i * width), width);
                TensorPrimitives.Multiply(row, 1 - shrinkage, row);
                row[i] += shrinkage * trace / width;
                TensorPrimitives.ConvertSaturating(row, new Span<float>(slope + ((nint)i * width), width));
            }

            return slope;
        }
    }

    // The gradients pass through inverses of covariances in float32.
    private static void CheckVariances(double* a, double* b, int width)
    {
        for (int d = 0; d < width; d++)
        {
            foreach (double variance in (ReadOnlySpan<double>)[a[((nint)d * width) + d], b[((nint)d * width) + d]])
            {
                if (variance is > 0 and (< LeastVariance or > MostVariance))
                    throw new InputException($"Gaussian KL: expected variances of {LeastVariance:G4} to {MostVariance:G4}, whose inverses "
                        + $"float32 carries in gradients, got {variance:G4}; scale the rows");
            }
        }
    }

    private static double Dot(double* a, double* b, long size) =>
        TensorPrimitives.Dot(new ReadOnlySpan<double>(a, checked((int)size)), new ReadOnlySpan<double>(b, checked((int)size)));

    /// <summary>The mean of a set, and its rows less that mean.</summary>
    private sealed class Moments
    {
        private readonly Tensor _source;
        private readonly float* _centred;
        private readonly int _rows, _width;

        public Moments(Tensor source, Scratch scratch)
        {
            (_source, _rows, _width) = (source, source.Rows, source.Width);
            Mean = RowSums.Mean(source.Pointer, _rows, _width, scratch);
            _centred = RowSums.Centred(source.Pointer, _rows, _width, Mean, scratch);
            GC.KeepAlive(source);
        }

        public double* Mean { get; }

        public float* NarrowCovariance(Scratch scratch)
        {
            int size = checked(_width * _width);
            float* covariance = scratch.Floats(size);
            Gemm.Run(_width, _width, _rows, new(_centred, 1, _width), new(_centred, _width), new(covariance, _width), accumulate: false);
            Elementwise.Scale(covariance, 1f / (_rows - 1), covariance, size, accumulate: false);
            return covariance;
        }

        public double* Covariance(double shrinkage, Scratch scratch)
        {
            int size = checked(_width * _width);
            double* covariance = scratch.Doubles(size);
            using (var passing = new Scratch())
                Float64Gemm.Gram(RowSums.Widened(_source.Pointer, _rows, _width, Mean, passing), _width, _rows, covariance,
                    lower: false);
            GC.KeepAlive(_source);
            double trace = 0;
            for (int d = 0; d < _width; d++) trace += covariance[((nint)d * _width) + d] / (_rows - 1);
            TensorPrimitives.Multiply(new ReadOnlySpan<double>(covariance, size), (1 - shrinkage) / (_rows - 1),
                new Span<double>(covariance, size));
            for (int d = 0; d < _width; d++) covariance[((nint)d * _width) + d] += shrinkage * trace / _width;
            return covariance;
        }

        /// <summary>grad_i = factor slope (x_i - mean) / (rows - 1) + meanFactor gap / rows; slope is symmetric.</summary>
        public void Pull(float* slope, double factor, double* gap, double meanFactor, Tensor? grad, Scratch scratch)
        {
            if (grad == null) return;
            float* row = scratch.Floats(_width);
            for (int d = 0; d < _width; d++) row[d] = (float)(meanFactor * gap[d] / _rows);
            float* scaled = scratch.Floats((long)_width * _width);
            Elementwise.Scale(slope, (float)(factor / (_rows - 1)), scaled, _width * _width, accumulate: false);
            Elementwise.RepeatRow(row, grad.Pointer, _rows, _width);
            Gemm.Run(_rows, _width, _width, new(_centred, _width), new(scaled, _width), new(grad.Pointer, _width), accumulate: true);
            GC.KeepAlive(grad);
        }
    }
}
