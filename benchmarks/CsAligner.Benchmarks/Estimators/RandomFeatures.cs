using System.Numerics.Tensors;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Kernels.Threading;
using Tensor = CsAligner.Tensors.Tensor;

namespace CsAligner.Benchmarks.Estimators;

/// <summary>
/// D_CS by orthogonal random Fourier features: the mean of |phi|^2 over frequencies, phi the empirical characteristic
/// function. Not shipped, for it loses to rows drawn at random; kept so that this can be measured again.
/// </summary>
internal static unsafe class RandomFeatures
{
    private const int RowsPerTask = 4096;

    public static double Divergence(Tensor x, Tensor y, double sigma, int frequencies, ulong seed)
    {
        float[] directions = Frequencies(x.Width, frequencies, sigma, new RandomGenerator(seed));
        double[] meanX = Means(x, directions, frequencies), meanY = Means(y, directions, frequencies);
        double selfX = 0, selfY = 0, cross = 0;
        for (int f = 0; f < 2 * frequencies; f++)
        {
            selfX += meanX[f] * meanX[f];
            selfY += meanY[f] * meanY[f];
            cross += meanX[f] * meanY[f];
        }

        return cross > 0 ? Math.Log(selfX) + Math.Log(selfY) - (2 * Math.Log(cross)) : double.PositiveInfinity;
    }

    // Mean cosines, then mean sines.
    private static double[] Means(Tensor rows, float[] directions, int frequencies)
    {
        int tasks = (rows.Rows + RowsPerTask - 1) / RowsPerTask, width = rows.Width;
        var partial = new float[tasks][];
        Workers.For(tasks, task =>
        {
            int start = task * RowsPerTask, height = Math.Min(RowsPerTask, rows.Rows - start);
            var projected = new float[height * frequencies];
            var (wave, sums) = (new float[frequencies], new float[2 * frequencies]);
            fixed (float* to = projected, by = directions)
                Gemm.Run(height, frequencies, width,
                    new(rows.Pointer + ((long)start * width), width), new(by, frequencies), new(to, frequencies), accumulate: false);
            for (int i = 0; i < height; i++)
            {
                var row = projected.AsSpan(i * frequencies, frequencies);
                TensorPrimitives.Cos(row, wave);
                TensorPrimitives.Add(sums.AsSpan(0, frequencies), wave, sums.AsSpan(0, frequencies));
                TensorPrimitives.Sin(row, wave);
                TensorPrimitives.Add(sums.AsSpan(frequencies), wave, sums.AsSpan(frequencies));
            }

            partial[task] = sums;
        });
        var means = new double[2 * frequencies];
        foreach (float[] sums in partial)
            for (int f = 0; f < means.Length; f++) means[f] += sums[f] / (double)rows.Rows;
        return means;
    }

    // Blocks of orthogonal directions, their lengths those of normal vectors.
    private static float[] Frequencies(int width, int count, double sigma, RandomGenerator random)
    {
        var all = new float[width * count];
        var block = new List<double[]>();
        for (int f = 0; f < count; f++)
        {
            if (block.Count == width) block.Clear();
            double[] direction = [.. Enumerable.Range(0, width).Select(_ => random.NextNormal())];
            double length = TensorPrimitives.Norm<double>(direction);
            for (int pass = 0; pass < 2; pass++)
                foreach (double[] other in block)
                    TensorPrimitives.MultiplyAdd(other, -TensorPrimitives.Dot<double>(direction, other), direction, direction);
            TensorPrimitives.Divide(direction, TensorPrimitives.Norm<double>(direction), direction);
            block.Add(direction);
            for (int d = 0; d < width; d++) all[(d * count) + f] = (float)(direction[d] * length / sigma);
        }

        return all;
    }
}
