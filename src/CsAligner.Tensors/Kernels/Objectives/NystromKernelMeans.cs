using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Objectives;

// Shapes: x [M, D], y [N, D]; m landmarks; samples [n, D] of each side, in two halves.

/// <summary>
/// Mean kernel values in time O((M + N) m D + n^2 D + m^3). Every row is projected onto the kernel's functions at m
/// landmarks, drawn from both sides (Nystrom): that part of a mean is a product of two vectors of length m. What the projection
/// misses is small, and is estimated without bias by the mean of k - k_P over pairs of two independent samples.
/// </summary>
internal static unsafe class NystromKernelMeans
{
    private const int RowsPerBlock = 4096;

    /// <summary>Estimates for every sigma; the passes over the rows are shared.</summary>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D].</param>
    /// <param name="sigmas">Bandwidths.</param>
    /// <param name="landmarks">m, at least 2.</param>
    /// <param name="sample">n, rows drawn of each side, with replacement; even and at least 4.</param>
    /// <param name="random">Draws both.</param>
    public static EstimatedMeans[] Compute(Tensor x, Tensor y, double[] sigmas, int landmarks, int sample, RandomGenerator random)
    {
        using var scratch = new Scratch();
        int width = x.Width, half = sample / 2;
        int[] chosenX = Distinct(x.Rows, landmarks / 2, random), chosenY = Distinct(y.Rows, landmarks - (landmarks / 2), random);
        int count = chosenX.Length + chosenY.Length;
        float* points = scratch.Floats((long)count * width);
        Gather(x, chosenX, points);
        Gather(y, chosenY, points + ((long)chosenX.Length * width));
        float* sampleX = scratch.Floats((long)sample * width), sampleY = scratch.Floats((long)sample * width);
        Gather(x, Drawn(x.Rows, sample, random), sampleX);
        Gather(y, Drawn(y.Rows, sample, random), sampleY);

        double[][] sumsX = GaussianKernel.RowSums(points, count, x.Pointer, x.Rows, width, sigmas);
        double[][] sumsY = GaussianKernel.RowSums(points, count, y.Pointer, y.Rows, width, sigmas);
        GC.KeepAlive(x);
        GC.KeepAlive(y);
        float* secondX = sampleX + ((long)half * width), secondY = sampleY + ((long)half * width);
        double[][] withinX = Between(sampleX, half, secondX, half, width, sigmas),
            withinY = Between(sampleY, half, secondY, half, width, sigmas);
        double[][] across = Between(sampleX, sample, sampleY, sample, width, sigmas);
        float* valuesX = scratch.Floats((long)sample * count), valuesY = scratch.Floats((long)sample * count);
        var estimates = new EstimatedMeans[sigmas.Length];
        for (int s = 0; s < sigmas.Length; s++)
        {
            var projection = new LandmarkProjection(points, count, width, sigmas[s]);
            GaussianKernel.Matrix(sampleX, sample, points, count, width, sigmas[s], valuesX);
            GaussianKernel.Matrix(sampleY, sample, points, count, width, sigmas[s], valuesY);
            double[] meanX = Scaled(sumsX[s], 1.0 / x.Rows), meanY = Scaled(sumsY[s], 1.0 / y.Rows);
            Subtract(withinX[s], valuesX, half, half, count, projection);
            Subtract(withinY[s], valuesY, half, half, count, projection);
            SubtractAcross(across[s], valuesX, valuesY, sample, count, projection);
            estimates[s] = Combine(
                Dot(meanX, projection.Solve(meanX)), Dot(meanY, projection.Solve(meanY)), Dot(meanX, projection.Solve(meanY)),
                withinX[s], withinY[s], across[s], half);
        }

        return estimates;
    }

    /// <summary>Landmarks as the estimates draw them, [at most m, D].</summary>
    public static Tensor Landmarks(Tensor x, Tensor y, int landmarks, RandomGenerator random)
    {
        int[] chosenX = Distinct(x.Rows, landmarks / 2, random), chosenY = Distinct(y.Rows, landmarks - (landmarks / 2), random);
        var points = new Tensor(chosenX.Length + chosenY.Length, x.Width);
        Gather(x, chosenX, points.Pointer);
        Gather(y, chosenY, points.Pointer + ((long)chosenX.Length * x.Width));
        GC.KeepAlive(points);
        return points;
    }

    /// <summary>
    /// D_CS of the projections alone, nothing estimated; <paramref name="weight"/> times its gradients is added to those that are not null.
    /// Landmarks are taken as constant. Time O((M + N) m D + m^3), memory O((M + N) D + m^2).
    /// </summary>
    public static double Projected(Tensor x, Tensor y, Tensor landmarks, double sigma, double weight, Tensor? gradX, Tensor? gradY)
    {
        int count = landmarks.Rows, width = x.Width;
        var projection = new LandmarkProjection(landmarks.Pointer, count, width, sigma);
        double[] meanX = Scaled(GaussianKernel.RowSums(landmarks.Pointer, count, x.Pointer, x.Rows, width, [sigma])[0], 1.0 / x.Rows);
        double[] meanY = Scaled(GaussianKernel.RowSums(landmarks.Pointer, count, y.Pointer, y.Rows, width, [sigma])[0], 1.0 / y.Rows);
        double[] solvedX = projection.Solve(meanX), solvedY = projection.Solve(meanY);
        double selfX = Dot(meanX, solvedX), selfY = Dot(meanY, solvedY), cross = Dot(meanX, solvedY);
        if (gradX != null) AddGradient(x, landmarks, sigma, Pull(solvedX, selfX, solvedY, x.Rows), gradX);
        if (gradY != null) AddGradient(y, landmarks, sigma, Pull(solvedY, selfY, solvedX, y.Rows), gradY);
        GC.KeepAlive(x);
        GC.KeepAlive(y);
        return Math.Log(selfX) + Math.Log(selfY) - (2 * Math.Log(cross));

        // d D_CS / d k(x_i, z_j), the same for every row.
        double[] Pull(double[] own, double self, double[] other, int rows) =>
            [.. own.Zip(other, (o, t) => 2 * weight / rows * ((o / self) - (t / cross)))];
    }

    // grad_i += sum_j pull_j k(x_i, z_j) (z_j - x_i) / sigma^2.
    private static void AddGradient(Tensor x, Tensor landmarks, double sigma, double[] pull, Tensor grad)
    {
        using var scratch = new Scratch();
        int width = x.Width, count = landmarks.Rows, blockRows = Math.Min(x.Rows, RowsPerBlock);
        float* values = scratch.Floats((long)blockRows * count), from = x.Pointer, to = grad.Pointer;
        float[] scales = [.. pull.Select(p => (float)(p / (sigma * sigma)))];
        for (int top = 0; top < x.Rows; top += blockRows)
        {
            int height = Math.Min(blockRows, x.Rows - top), first = top;
            GaussianKernel.Matrix(from + ((long)top * width), height, landmarks.Pointer, count, width, sigma, values);
            Blocks.ForRows(height, count, (start, end) =>
            {
                for (int i = start; i < end; i++)
                {
                    var row = new Span<float>(values + ((long)i * count), count);
                    System.Numerics.Tensors.TensorPrimitives.Multiply(row, scales, row);
                    float sum = System.Numerics.Tensors.TensorPrimitives.Sum<float>(row);
                    var target = new Span<float>(to + ((long)(first + i) * width), width);
                    System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(new ReadOnlySpan<float>(from + ((long)(first + i) * width), width),
                        -sum, target, target);
                }
            });
            Gemm.Run(height, width, count,
                new(values, count), new(landmarks.Pointer, width), new(to + ((long)top * width), width), accumulate: true);
        }

        GC.KeepAlive(x);
        GC.KeepAlive(landmarks);
        GC.KeepAlive(grad);
    }

    // For every row of both samples its mean kernel value with the other sample: those of a first, then those of b.
    private static double[][] Between(float* a, int rows, float* b, int columns, int width, double[] sigmas)
    {
        double[][] first = GaussianKernel.RowSums(a, rows, b, columns, width, sigmas),
            second = GaussianKernel.RowSums(b, columns, a, rows, width, sigmas);
        return [.. first.Zip(second, (f, g) => (double[])[.. Scaled(f, 1.0 / columns), .. Scaled(g, 1.0 / rows)])];
    }

    // Takes the projected part off the means of two samples that lie behind each other in values [rows + columns, m].
    private static void Subtract(double[] means, float* values, int rows, int columns, int landmarks, LandmarkProjection projection)
    {
        float* second = values + ((long)rows * landmarks);
        Project(means.AsSpan(0, rows), values, landmarks, projection.Solve(Mean(second, columns, landmarks)));
        Project(means.AsSpan(rows), second, landmarks, projection.Solve(Mean(values, rows, landmarks)));
    }

    private static void SubtractAcross(double[] means, float* valuesX, float* valuesY, int rows, int landmarks,
        LandmarkProjection projection)
    {
        Project(means.AsSpan(0, rows), valuesX, landmarks, projection.Solve(Mean(valuesY, rows, landmarks)));
        Project(means.AsSpan(rows), valuesY, landmarks, projection.Solve(Mean(valuesX, rows, landmarks)));
    }

    private static void Project(Span<double> means, float* values, int landmarks, double[] solved)
    {
        for (int i = 0; i < means.Length; i++)
        {
            float* row = values + ((long)i * landmarks);
            double sum = 0;
            for (int j = 0; j < landmarks; j++) sum += row[j] * solved[j];
            means[i] -= sum;
        }
    }

    // The means of rows are also each row's influence on the estimate, which is what its standard error is made of.
    private static EstimatedMeans Combine(double selfX, double selfY, double cross, double[] withinX, double[] withinY,
        double[] across, int half)
    {
        int sample = 2 * half;
        double meanX = selfX + withinX.AsSpan(0, half).ToArray().Average(), meanY = selfY + withinY.AsSpan(0, half).ToArray().Average();
        double mean = cross + across.AsSpan(0, sample).ToArray().Average();
        double error = 0;
        for (int group = 0; group < 4; group++)
        {
            bool ofX = group < 2;
            var influence = new double[half];
            for (int i = 0; i < half; i++)
            {
                int row = ((group % 2) * half) + i;
                influence[i] = ofX
                    ? (withinX[row] / meanX) - (across[row] / mean)
                    : (withinY[row] / meanY) - (across[sample + row] / mean);
            }

            error += Variance(influence) / half;
        }

        return new EstimatedMeans(
            meanX, meanY, mean,
            Math.Sqrt((Variance(withinX[..half]) + Variance(withinX[half..])) / half),
            Math.Sqrt((Variance(withinY[..half]) + Variance(withinY[half..])) / half),
            Math.Sqrt((Variance(across[..sample]) + Variance(across[sample..])) / sample),
            Math.Sqrt(error));
    }

    private static double[] Mean(float* values, int rows, int width)
    {
        var mean = new double[width];
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < width; j++) mean[j] += values[((long)i * width) + j];
        return Scaled(mean, 1.0 / rows);
    }

    private static double[] Scaled(double[] values, double factor) => [.. values.Select(v => factor * v)];

    private static double Dot(double[] a, double[] b) => System.Numerics.Tensors.TensorPrimitives.Dot<double>(a, b);

    private static double Variance(double[] values)
    {
        double mean = values.Average();
        return values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1);
    }

    private static int[] Drawn(int rows, int count, RandomGenerator random) =>
        [.. Enumerable.Range(0, count).Select(_ => random.Next(rows))];

    private static int[] Distinct(int rows, int count, RandomGenerator random)
    {
        if (count >= rows) return [.. Enumerable.Range(0, rows)];
        var chosen = new HashSet<int>();

        // From the end down (Floyd): each draw gives a new row, and every set is as likely as any other.
        for (int last = rows - count; last < rows; last++)
        {
            int row = random.Next(last + 1);
            chosen.Add(chosen.Contains(row) ? last : row);
        }

        return [.. chosen.Order()];
    }

    private static void Gather(Tensor from, int[] rows, float* to)
    {
        int width = from.Width;
        for (int r = 0; r < rows.Length; r++)
            from.Span.Slice(rows[r] * width, width).CopyTo(new Span<float>(to + ((long)r * width), width));
    }
}
