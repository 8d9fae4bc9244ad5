using System.Numerics.Tensors;
using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Kernels.Scores;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Objectives;

// Shapes: of one sample x [T, D] and y [U, D], together z [n, D]; scores and weights [n, n].

/// <summary>
/// D_CS between the tokens of each sample, with gradients: samples go over the threads, each as two products of its own. The
/// gradient with respect to z is (A - diag(A 1)) z / sigma², A the kernel values with the weights of their means.
/// </summary>
internal static unsafe class TokenDivergenceKernel
{
    // Samples are small: a task does several in the same buffers.
    private const int SamplesPerTask = 16;

    /// <summary>The mean over samples; gradients are written to <paramref name="gradX"/> and <paramref name="gradY"/>,
    /// null for none.</summary>
    public static double Compute(Tensor x, TokenSets setsX, Tensor y, TokenSets setsY, double sigma, Tensor? gradX, Tensor? gradY)
    {
        int batch = setsX.Count;
        var values = new double[batch];
        if (gradX != null) gradX.Span.Clear();
        if (gradY != null) gradY.Span.Clear();
        int longest = 0;
        for (int b = 0; b < batch; b++) longest = Math.Max(longest, setsX.Of(b).Length + setsY.Of(b).Length);
        Workers.For((batch + SamplesPerTask - 1) / SamplesPerTask, task =>
        {
            using var scratch = new Scratch();
            var buffers = new Buffers(longest, x.Width, scratch);
            for (int b = task * SamplesPerTask; b < Math.Min(batch, (task + 1) * SamplesPerTask); b++)
                values[b] = Sample(x, setsX.Of(b), y, setsY.Of(b), sigma, 1.0 / batch, gradX, gradY, buffers);
        });
        return values.Sum() / batch;
    }

    private static double Sample(
        Tensor x, ReadOnlySpan<int> rowsX, Tensor y, ReadOnlySpan<int> rowsY, double sigma, double weight, Tensor? gradX, Tensor? gradY,
        Buffers buffers)
    {
        int width = x.Width, tokens = rowsX.Length, all = tokens + rowsY.Length;
        float* z = buffers.Points, pull = buffers.Pull, weights = buffers.Weights;
        Gather(x, rowsX, z);
        Gather(y, rowsY, z + ((nint)tokens * width));
        double largest = Centre(z, all, width, buffers.Mean);
        if (KernelRange.Of(largest, sigma, KernelRange.TrainingLimit, fewest: 0) != KernelPrecision.Single)
            return Precise(x, rowsX, y, rowsY, sigma, weight, gradX, gradY, z);

        Gemm.Run(all, all, width, new(z, width), new(z, 1, width), new(weights, all), accumulate: false);
        double value = Kernel(weights, tokens, all, sigma, buffers.Halves);
        if (gradX == null && gradY == null) return value;

        Gemm.Run(all, width, all, new(weights, all), new(z, width), new(pull, width), accumulate: false);
        var pulls = new Span<float>(pull, all * width);
        TensorPrimitives.Multiply(pulls, (float)(weight / (sigma * sigma)), pulls);
        if (gradX != null) Scatter(pull, gradX, rowsX);
        if (gradY != null) Scatter(pull + ((nint)tokens * width), gradY, rowsY);
        return value;
    }

    // Scores become A - diag(A 1): row i of a block is exp(logit) times 2 / sum of its own block, or -2 / sum of the cross block.
    private static double Kernel(float* scores, int tokens, int all, double sigma, float* halves)
    {
        for (int i = 0; i < all; i++) halves[i] = scores[((nint)i * all) + i] / 2;
        float inverse = (float)(1 / (sigma * sigma)), largestCross = float.NegativeInfinity;
        for (int i = 0; i < all; i++)
        {
            var row = new Span<float>(scores + ((nint)i * all), all);
            TensorPrimitives.Subtract(row, new ReadOnlySpan<float>(halves, all), row);
            TensorPrimitives.Subtract(row, halves[i], row);
            TensorPrimitives.Multiply(row, inverse, row);
            TensorPrimitives.Min(row, 0f, row);
            if (i < tokens) largestCross = Math.Max(largestCross, TensorPrimitives.Max<float>(row[tokens..]));
        }

        // Own blocks hold a diagonal of ones; clouds far apart would underflow without a shift of the cross block.
        double selfX = 0, selfY = 0, cross = 0;
        for (int i = 0; i < all; i++)
        {
            var row = new Span<float>(scores + ((nint)i * all), all);
            var own = i < tokens ? row[..tokens] : row[tokens..];
            var other = i < tokens ? row[tokens..] : row[..tokens];
            row[i] = 0;
            TensorPrimitives.Subtract(other, largestCross, other);
            TensorPrimitives.Exp(row, row);
            (selfX, selfY, cross) = i < tokens
                ? (selfX + TensorPrimitives.Sum<float>(own), selfY, cross + TensorPrimitives.Sum<float>(other))
                : (selfX, selfY + TensorPrimitives.Sum<float>(own), cross);
        }

        int others = all - tokens;
        for (int i = 0; i < all; i++)
        {
            var row = new Span<float>(scores + ((nint)i * all), all);
            var own = i < tokens ? row[..tokens] : row[tokens..];
            var other = i < tokens ? row[tokens..] : row[..tokens];
            TensorPrimitives.Multiply(own, (float)(2 / (i < tokens ? selfX : selfY)), own);
            TensorPrimitives.Multiply(other, (float)(-2 / cross), other);
            row[i] -= TensorPrimitives.Sum<float>(row);
        }

        return Math.Log(selfX / ((double)tokens * tokens)) + Math.Log(selfY / ((double)others * others))
            - (2 * (largestCross + Math.Log(cross / ((double)tokens * others))));
    }

    // Pulls pass through z, whose rows are no longer needed.
    private static double Precise(
        Tensor x, ReadOnlySpan<int> rowsX, Tensor y, ReadOnlySpan<int> rowsY, double sigma, double weight, Tensor? gradX,
        Tensor? gradY, float* z)
    {
        using var scratch = new Scratch();
        int width = x.Width, tokens = rowsX.Length, others = rowsY.Length, all = tokens + others;
        double* points = scratch.Doubles((long)all * width), pull = gradX == null && gradY == null
            ? null
            : scratch.Doubles((long)all * width);
        for (int r = 0; r < all; r++)
        {
            var row = r < tokens ? x.Span.Slice(rowsX[r] * width, width) : y.Span.Slice(rowsY[r - tokens] * width, width);
            for (int d = 0; d < width; d++) points[((nint)r * width) + d] = row[d];
        }

        for (int d = 0; d < width; d++)
        {
            double mean = 0;
            for (int r = 0; r < all; r++) mean += points[((nint)r * width) + d] / all;
            for (int r = 0; r < all; r++) points[((nint)r * width) + d] -= mean;
        }

        var own = new Float64Rows(points, tokens, pull);
        var other = new Float64Rows(points + ((nint)tokens * width), others, pull == null ? null : pull + ((nint)tokens * width));
        double value = Float64Divergence.Compute(own, other, width, sigma, false, true, weight);
        if (pull == null) return value;
        for (long i = 0; i < (long)all * width; i++) z[i] = (float)pull[i];
        if (gradX != null) Scatter(z, gradX, rowsX);
        if (gradY != null) Scatter(z + ((nint)tokens * width), gradY, rowsY);
        return value;
    }

    // Distances stay, rounding gets smaller; gives the largest |z|².
    private static double Centre(float* z, int rows, int width, float* mean)
    {
        var centre = new Span<float>(mean, width);
        centre.Clear();
        for (int i = 0; i < rows; i++) TensorPrimitives.Add(centre, new ReadOnlySpan<float>(z + ((nint)i * width), width), centre);
        TensorPrimitives.Multiply(centre, 1f / rows, centre);
        double largest = 0;
        for (int i = 0; i < rows; i++)
        {
            var row = new Span<float>(z + ((nint)i * width), width);
            TensorPrimitives.Subtract(row, centre, row);
            largest = Math.Max(largest, TensorPrimitives.SumOfSquares<float>(row));
        }

        return largest;
    }

    private static void Gather(Tensor tokens, ReadOnlySpan<int> rows, float* target)
    {
        int width = tokens.Width;
        for (int r = 0; r < rows.Length; r++)
            tokens.Span.Slice(rows[r] * width, width).CopyTo(new Span<float>(target + ((nint)r * width), width));
    }

    private static void Scatter(float* from, Tensor grad, ReadOnlySpan<int> rows)
    {
        int width = grad.Width;
        for (int r = 0; r < rows.Length; r++)
            new Span<float>(from + ((nint)r * width), width).CopyTo(grad.Span.Slice(rows[r] * width, width));
    }

    /// <summary>What a task works in: points, their pull, weights, half norms and the mean of a sample.</summary>
    private readonly struct Buffers(int longest, int width, Scratch scratch)
    {
        public float* Points { get; } = scratch.Floats((long)longest * width);

        public float* Pull { get; } = scratch.Floats((long)longest * width);

        public float* Weights { get; } = scratch.Floats((long)longest * longest);

        public float* Halves { get; } = scratch.Floats(longest);

        public float* Mean { get; } = scratch.Floats(width);
    }
}
