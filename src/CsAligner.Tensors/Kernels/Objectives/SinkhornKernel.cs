using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Kernels.Scores;
using CsAligner.Tensors.Kernels.Threading;
using CsAligner.Tensors.Kernels.Vectors;

namespace CsAligner.Tensors.Kernels.Objectives;

// Shapes: x [M, D], y [N, D], costs [M, N] (and its transpose), potentials [M] and [N].

/// <summary>
/// The debiased Sinkhorn divergence of two sets of rows of equal weight, cost |a - b|^2 / 2, as GeomLoss computes it: log-domain
/// updates of all four potentials at once, each averaged with what it was, while epsilon falls from the square of the
/// diameter to blur^2; one last update without averaging, through which gradients pass with the potentials held.
/// </summary>
/// <remarks>Float32 costs of centred rows, float64 potentials; memory O((M + N)^2). The same bits for any number of threads.</remarks>
internal static unsafe class SinkhornKernel
{
    private const int Lanes = 8;
    private const int Part = 1024;
    private const int Pairings = 4;

    // x towards y takes the potential of y towards x, and the other way round; those towards themselves take their own.
    private static readonly int[] s_heldBy = [1, 0, 2, 3];

    /// <summary>Values of epsilon from the square of the diameter to blur^2, both included, the roots falling by
    /// <paramref name="scaling"/>.</summary>
    public static double[] Schedule(double diameter, double blur, double scaling, int most)
    {
        diameter = Math.Max(diameter, blur);
        var schedule = new List<double> { diameter * diameter };
        double from = 2 * Math.Log(diameter), to = 2 * Math.Log(blur), step = 2 * Math.Log(scaling);

        // As NumPy's arange counts.
        double count = Math.Ceiling((to - from) / step);
        if (count + 2 > most)
            throw new ArgumentOutOfRangeException(nameof(most), most,
                $"Sinkhorn: from a diameter of {diameter:G4} to a blur of {blur:G4} by {scaling:G4} takes {count + 2} steps, more "
                    + $"than {most}: raise the blur, lower the scaling or allow more.");
        for (int i = 0; i < count; i++) schedule.Add(Math.Exp(from + (i * step)));
        schedule.Add(blur * blur);
        return [.. schedule];
    }

    /// <summary>The value; gradients are written if there is room for them.</summary>
    public static double Compute(Tensor x, Tensor y, double blur, double scaling, int most, Tensor? gradX, Tensor? gradY)
    {
        using var scratch = new Scratch();
        int rows = x.Rows, columns = y.Rows, width = x.Width;
        float* centre = CentredRows.CommonCentre(x.Pointer, rows, y.Pointer, columns, width, scratch);
        CentredRows centredX = new(x.Pointer, rows, width, centre, scratch), centredY = new(y.Pointer, columns, width, centre, scratch);
        Cloud first = new(centredX, scratch), second = new(centredY, scratch);
        double[] schedule = Schedule(Diameter(first, second), blur, scaling, most);
        float* costs = Costs(first, second, scratch), transposed = Costs(second, first, scratch);
        float* costsX = Costs(first, first, scratch), costsY = Costs(second, second, scratch);

        // Potentials of x towards y, of y towards x, and of each towards itself; and what the next update makes of them.
        int[] lengths = [rows, columns, rows, columns];
        float*[] cost = [costs, transposed, costsX, costsY];
        double*[] now = new double*[Pairings], next = new double*[Pairings];
        for (int k = 0; k < Pairings; k++)
        {
            now[k] = scratch.Doubles(lengths[k]);
            next[k] = scratch.Doubles(lengths[k]);
        }

        Update(schedule[0], average: false);
        foreach (double epsilon in schedule) Update(epsilon, average: true);
        double last = schedule[^1];
        Update(last, average: false);

        // The last update's gradients: what it made of potentials that are held, and those are in "next" now.
        double value = Mean(now[0], rows) - Mean(now[2], rows) + Mean(now[1], columns) - Mean(now[3], columns);
        if (gradX != null)
        {
            AddPull(costsX, rows, first, last, next[2], 1.0 / rows, gradX, accumulate: false);
            AddPull(costs, rows, second, last, next[1], -1.0 / rows, gradX, accumulate: true);
        }

        if (gradY != null)
        {
            AddPull(costsY, columns, second, last, next[3], 1.0 / columns, gradY, accumulate: false);
            AddPull(transposed, columns, first, last, next[0], -1.0 / columns, gradY, accumulate: true);
        }

        GC.KeepAlive(x);
        GC.KeepAlive(y);
        return value;

        void Update(double epsilon, bool average)
        {
            for (int k = 0; k < Pairings; k++)
            {
                int from = s_heldBy[k];
                SoftMin(cost[k], lengths[k], epsilon, now[from], lengths[from], next[k]);
                if (average) Average(next[k], now[k], lengths[k]);
            }

            (now, next) = (next, now);
        }
    }

    private static void Average(double* next, double* previous, int length)
    {
        var target = new Span<double>(next, length);
        TensorPrimitives.Add(target, new ReadOnlySpan<double>(previous, length), target);
        TensorPrimitives.Multiply(target, 0.5, target);
    }

    private static double Mean(double* values, int length) => TensorPrimitives.Sum(new ReadOnlySpan<double>(values, length)) / length;

    // The diagonal of the box that holds all rows.
    private static double Diameter(Cloud x, Cloud y)
    {
        using var scratch = new Scratch();
        int width = x.Width;
        var least = new Span<float>(scratch.Floats(width), width);
        var most = new Span<float>(scratch.Floats(width), width);
        new ReadOnlySpan<float>(x.Rows, width).CopyTo(least);
        least.CopyTo(most);
        foreach (var cloud in (Cloud[])[x, y])
        {
            for (int i = 0; i < cloud.Count; i++)
            {
                var row = new ReadOnlySpan<float>(cloud.Rows + ((nint)i * width), width);
                TensorPrimitives.Min(least, row, least);
                TensorPrimitives.Max(most, row, most);
            }
        }

        double squared = 0;
        for (int d = 0; d < width; d++) squared += ((double)most[d] - least[d]) * ((double)most[d] - least[d]);
        return Math.Sqrt(squared);
    }

    private static float* Costs(Cloud x, Cloud y, Scratch scratch)
    {
        int columns = y.Count;
        float* costs = scratch.Floats((long)x.Count * columns);
        Gemm.Run(x.Count, columns, x.Width, new(x.Rows, x.Width), new(y.Rows, 1, x.Width), new(costs, columns), accumulate: false);
        bool self = ReferenceEquals(x, y);
        Blocks.ForRows(x.Count, columns, (start, end) =>
        {
            for (int i = start; i < end; i++)
            {
                var row = new Span<float>(costs + ((nint)i * columns), columns);
                TensorPrimitives.Subtract(new ReadOnlySpan<float>(y.HalfNorms, columns), row, row);
                TensorPrimitives.Add(row, x.HalfNorms[i], row);
                TensorPrimitives.Max(row, 0, row);
                if (self) row[i] = 0;
            }
        });
        return costs;
    }

    // result_i = -epsilon ln mean_j exp((potential_j - cost_ij) / epsilon).
    private static void SoftMin(float* costs, int rows, double epsilon, double* potential, int columns, double* result)
    {
        using var scratch = new Scratch();
        float* narrow = Narrowed(potential, columns, scratch);
        Blocks.ForRows(rows, columns, (start, end) =>
        {
            for (int i = start; i < end; i++)
            {
                var (largest, sum) = Row(costs + ((nint)i * columns), narrow, columns, (float)(1 / epsilon));
                result[i] = -largest - (epsilon * (Math.Log(sum) - Math.Log(columns)));
            }
        });
    }

    // The largest of potential_j - cost_ij, and the sum of the exponentials relative to it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (float Largest, double Sum) Row(float* costs, float* potential, int columns, float inverse)
    {
        var top = Vector256.Create(float.NegativeInfinity);
        int j = 0;
        for (; j <= columns - Lanes; j += Lanes) top = Vector256.MaxNative(top, Vector256.Load(potential + j) - Vector256.Load(costs + j));
        float largest = float.NegativeInfinity;
        for (int lane = 0; lane < Lanes; lane++) largest = Math.Max(largest, top[lane]);
        for (; j < columns; j++) largest = Math.Max(largest, potential[j] - costs[j]);

        double all = 0;
        for (int part = 0; part < columns; part += Part)
        {
            int end = Math.Min(columns, part + Part);
            var sum = Vector256<float>.Zero;
            for (j = part; j <= end - Lanes; j += Lanes)
                sum += VectorMath.Exp((Vector256.Load(potential + j) - Vector256.Load(costs + j) - Vector256.Create(largest)) * inverse);
            all += Vector256.Sum(sum);
            for (; j < end; j++) all += MathF.Exp((potential[j] - costs[j] - largest) * inverse);
        }

        return (largest, all);
    }

    // grad (+)= factor * P to, P the probabilities of row i over to's rows. Costs are destroyed.
    private static void AddPull(float* costs, int rows, Cloud to, double epsilon, double* potential, double factor, Tensor grad,
        bool accumulate)
    {
        using var scratch = new Scratch();
        int columns = to.Count;
        float* narrow = Narrowed(potential, columns, scratch);
        Blocks.ForRows(rows, columns, (start, end) =>
        {
            for (int i = start; i < end; i++)
            {
                float* costRow = costs + ((nint)i * columns);
                var (largest, sum) = Row(costRow, narrow, columns, (float)(1 / epsilon));
                SetProbabilities(costRow, narrow, columns, largest, (float)(1 / epsilon), (float)(factor / sum));
            }
        });
        Gemm.Run(rows, to.Width, columns, new(costs, columns), new(to.Rows, to.Width), new(grad.Pointer, to.Width), accumulate);
        GC.KeepAlive(grad);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SetProbabilities(float* costs, float* potential, int columns, float largest, float inverse, float factor)
    {
        int j = 0;
        for (; j <= columns - Lanes; j += Lanes)
        {
            var logit = (Vector256.Load(potential + j) - Vector256.Load(costs + j) - Vector256.Create(largest)) * inverse;
            (VectorMath.Exp(logit) * factor).Store(costs + j);
        }

        for (; j < columns; j++) costs[j] = MathF.Exp((potential[j] - costs[j] - largest) * inverse) * factor;
    }

    private static float* Narrowed(double* values, int length, Scratch scratch)
    {
        float* narrow = scratch.Floats(length);
        TensorPrimitives.ConvertSaturating(new ReadOnlySpan<double>(values, length), new Span<float>(narrow, length));
        return narrow;
    }

    /// <summary>Centred rows in memory, with half their squared lengths.</summary>
    private sealed class Cloud
    {
        public Cloud(CentredRows centred, Scratch scratch)
        {
            (Count, Width) = (centred.Count, centred.Width);
            float* rows = Rows = scratch.Floats((long)Count * Width);
            HalfNorms = scratch.Floats(Count);
            for (int i = 0; i < Count; i++) HalfNorms[i] = (float)centred.HalfNorms[i];
            Blocks.ForRows(Count, Width,
                (start, end) => centred.Copy(start, end - start, rows + ((nint)start * centred.Width), centred.Width));
        }

        public int Count { get; }

        public int Width { get; }

        public float* Rows { get; }

        public float* HalfNorms { get; }
    }
}
