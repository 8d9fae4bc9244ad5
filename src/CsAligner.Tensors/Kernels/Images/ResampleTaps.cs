namespace CsAligner.Tensors.Kernels.Images;

/// <summary>
/// Which source pixels make each output pixel along one axis, and with what weight: a filter (a cubic of a = -1/2 where nothing
/// else is said), stretched where the picture shrinks so that every source pixel counts. Weights are whole numbers of 2^-22, as
/// Pillow has them.
/// </summary>
internal sealed class ResampleTaps
{
    /// <summary>Bits behind the point of a weight: 8 bits of a pixel, 2 to spare for overshoot.</summary>
    public const int Precision = 32 - 8 - 2;

    /// <param name="inputs">Pixels of the source along the axis.</param>
    /// <param name="outputs">Pixels of the whole result along the axis.</param>
    /// <param name="first">The first output wanted.</param>
    /// <param name="count">How many outputs are wanted.</param>
    /// <param name="filter">How pixels are weighed.</param>
    public ResampleTaps(int inputs, long outputs, long first, int count, ResampleFilter filter = ResampleFilter.Bicubic)
    {
        (double reach, Func<double, double> weigh) = filter switch
        {
            ResampleFilter.Lanczos => (3.0, (Func<double, double>)Lanczos),
            ResampleFilter.Bilinear => (1.0, Triangle),
            _ => (2.0, Cubic),
        };
        double scale = (double)inputs / outputs, stretch = Math.Max(scale, 1), support = reach * stretch;
        Stride = checked(((int)Math.Ceiling(support) * 2) + 1);
        (First, Count, Weights) = (new int[count], new int[count], new int[checked(count * Stride)]);
        var exact = new double[Stride];
        for (int i = 0; i < count; i++)
        {
            double centre = (first + i + 0.5) * scale;
            int begin = Math.Max(0, (int)(centre - support + 0.5)), end = Math.Min(inputs, (int)(centre + support + 0.5));
            double sum = 0;
            for (int t = 0; t < end - begin; t++)
            {
                exact[t] = weigh((begin + t - centre + 0.5) * (1 / stretch));
                sum += exact[t];
            }

            for (int t = 0; t < end - begin; t++)
            {
                double weight = sum != 0 ? exact[t] / sum : exact[t];
                Weights[(i * Stride) + t] = (int)((weight < 0 ? -0.5 : 0.5) + (weight * (1 << Precision)));
            }

            (First[i], Count[i]) = (begin, end - begin);
        }
    }

    /// <summary>For each output the first source pixel.</summary>
    public int[] First { get; }

    /// <summary>For each output the number of source pixels.</summary>
    public int[] Count { get; }

    /// <summary>For each output its weights, <see cref="Stride"/> apart.</summary>
    public int[] Weights { get; }

    /// <summary>The most source pixels of an output.</summary>
    public int Stride { get; }

    /// <summary>The first source pixel that any output needs.</summary>
    public int Begin => First.Min();

    /// <summary>Behind the last one.</summary>
    public int End => First.Zip(Count, (first, count) => first + count).Max();

    // In Pillow's order of operations: rounding differs otherwise.
    private static double Cubic(double x)
    {
        const double A = -0.5;
        x = Math.Abs(x);
        return x < 1 ? ((((A + 2) * x) - (A + 3)) * x * x) + 1
            : x < 2 ? ((((((x - 5) * x) + 8) * x) - 4) * A)
            : 0;
    }

    private static double Triangle(double x)
    {
        x = Math.Abs(x);
        return x < 1 ? 1 - x : 0;
    }

    private static double Lanczos(double x) => x is >= -3 and < 3 ? Sinc(x) * Sinc(x / 3) : 0;

    private static double Sinc(double x)
    {
        if (x == 0) return 1;
        x *= Math.PI;
        return Math.Sin(x) / x;
    }
}
