using System.Numerics.Tensors;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Objectives;

// Shapes: x [M, D], y [N, D], start rows x0 [M, E], y0 [N, E]; S = x y^T and S0 = x0 y0^T are [M, N] and never made.

/// <summary>
/// The Pearson correlation of all scores of two sets of rows with those of the same rows at a start, and its gradients. With rows
/// centred on their set's mean, x = c + 1 m^T, the centred scores are a sum of three products,
/// S - mean(S) = c_x c_y^T + 1 (c_y m_x)^T + (c_x m_y) 1^T, whose cross terms vanish. So inner products of score matrices are inner
/// products of D x D matrices: time O((M + N) D (D + E)), memory O((M + N) D + D^2). Float32 products, float64 sums.
/// </summary>
internal static unsafe class SimilarityCorrelation
{
    /// <summary>
    /// The correlation; 0 where scores do not vary. The gradients of <paramref name="weight"/> times it are written to
    /// <paramref name="gradX"/> and <paramref name="gradY"/>, where they are not null.
    /// </summary>
    public static double Compute(Tensor x, Tensor y, Tensor startX, Tensor startY, double weight, Tensor? gradX, Tensor? gradY)
    {
        using var scratch = new Scratch();
        Side first = new(x, startX, scratch), second = new(y, startY, scratch);
        double variance = Inner(first.Own, first.Mean, second.Own, second.Mean, first, second);
        double startVariance = Inner(first.Start, first.StartMean, second.Start, second.StartMean, first, second);
        double covariance = Cross(first, second);
        double product = Math.Sqrt(variance) * Math.Sqrt(startVariance), correlation = covariance / product;
        if (!(product > 0))
        {
            gradX?.Span.Clear();
            gradY?.Span.Clear();
            return 0;
        }

        // d corr / dS = (S0 - mean(S0)) / (|S| |S0|) - corr (S - mean(S)) / |S|^2
        double towards = weight / product, away = -weight * correlation / variance;
        if (gradX != null) first.Pull(second, towards, away, gradX, scratch);
        if (gradY != null) second.Pull(first, towards, away, gradY, scratch);
        GC.KeepAlive(x);
        GC.KeepAlive(y);
        GC.KeepAlive(startX);
        GC.KeepAlive(startY);
        return correlation;
    }

    // |S - mean(S)|^2 = <Cx, Cy> + M m_x^T Cy m_x + N m_y^T Cx m_y, C the products of centred rows.
    private static double Inner(float* gramX, double* meanX, float* gramY, double* meanY, Side first, Side second)
    {
        int width = gramX == first.Own ? first.Width : first.StartWidth;
        return Math.Max(0, Dot(gramX, gramY, (long)width * width)
            + (first.Rows * Form(meanX, gramY, width, meanX, width)) + (second.Rows * Form(meanY, gramX, width, meanY, width)));
    }

    private static double Cross(Side first, Side second) =>
        Dot(first.Mixed, second.Mixed, (long)first.StartWidth * first.Width)
            + (first.Rows * Form(first.StartMean, second.Mixed, first.StartWidth, first.Mean, first.Width))
            + (second.Rows * Form(second.StartMean, first.Mixed, first.StartWidth, second.Mean, first.Width));

    private static double Dot(float* a, float* b, long length)
    {
        double sum = 0;
        for (long i = 0; i < length; i += 4096)
        {
            int count = (int)Math.Min(4096, length - i);
            sum += TensorPrimitives.Dot(new ReadOnlySpan<float>(a + i, count), new ReadOnlySpan<float>(b + i, count));
        }

        return sum;
    }

    // u^T A v of A [rows, columns].
    private static double Form(double* u, float* matrix, int rows, double* v, int columns)
    {
        double sum = 0;
        for (int r = 0; r < rows; r++)
        {
            double row = 0;
            for (int c = 0; c < columns; c++) row += matrix[((long)r * columns) + c] * v[c];
            sum += u[r] * row;
        }

        return sum;
    }

    /// <summary>A set of rows and the same at the start, centred, with the products of their columns.</summary>
    private sealed class Side
    {
        private readonly float* _centred, _startCentred;

        public Side(Tensor rows, Tensor start, Scratch scratch)
        {
            (Rows, Width, StartWidth) = (rows.Rows, rows.Width, start.Width);
            Mean = RowSums.Mean(rows.Pointer, Rows, Width, scratch);
            StartMean = RowSums.Mean(start.Pointer, Rows, StartWidth, scratch);
            _centred = RowSums.Centred(rows.Pointer, Rows, Width, Mean, scratch);
            _startCentred = RowSums.Centred(start.Pointer, Rows, StartWidth, StartMean, scratch);
            Own = Product(_centred, Width, _centred, Width, scratch);
            Start = Product(_startCentred, StartWidth, _startCentred, StartWidth, scratch);
            Mixed = Product(_startCentred, StartWidth, _centred, Width, scratch);
        }

        public int Rows { get; }

        public int Width { get; }

        public int StartWidth { get; }

        public double* Mean { get; }

        public double* StartMean { get; }

        /// <summary>[D, D], c^T c.</summary>
        public float* Own { get; }

        /// <summary>[E, E], c0^T c0.</summary>
        public float* Start { get; }

        /// <summary>[E, D], c0^T c.</summary>
        public float* Mixed { get; }

        /// <summary>
        /// grad = towards (S0 - mean) y + away (S - mean) y: c0 (P0 + N m0 m^T) + 1 (m0'^T P0) with P0 = c0_y^T c_y, m of the other side
        /// and m' of this, and the same without the 0.
        /// </summary>
        public void Pull(Side other, double towards, double away, Tensor grad, Scratch scratch)
        {
            float* row = scratch.Floats(Width);
            new Span<float>(row, Width).Clear();
            float* toStart = Map(other.Mixed, StartWidth, StartMean, other.StartMean, towards),
                toOwn = Map(other.Own, Width, Mean, other.Mean, away);
            Elementwise.RepeatRow(row, grad.Pointer, Rows, Width);
            Gemm.Run(Rows, Width, StartWidth,
                new(_startCentred, StartWidth), new(toStart, Width), new(grad.Pointer, Width), accumulate: true);
            Gemm.Run(Rows, Width, Width, new(_centred, Width), new(toOwn, Width), new(grad.Pointer, Width), accumulate: true);
            GC.KeepAlive(grad);

            float* Map(float* products, int height, double* mean, double* otherMean, double factor)
            {
                float* map = scratch.Floats((long)height * Width);
                for (int r = 0; r < height; r++)
                {
                    for (int c = 0; c < Width; c++)
                    {
                        double product = products[((long)r * Width) + c];
                        map[((long)r * Width) + c] = (float)(factor * (product + (other.Rows * otherMean[r] * other.Mean[c])));
                        row[c] += (float)(factor * mean[r] * product);
                    }
                }

                return map;
            }
        }

        private float* Product(float* a, int height, float* b, int width, Scratch scratch)
        {
            float* product = scratch.Floats((long)height * width);
            Gemm.Run(height, width, Rows, new(a, 1, height), new(b, width), new(product, width), accumulate: false);
            return product;
        }
    }
}
