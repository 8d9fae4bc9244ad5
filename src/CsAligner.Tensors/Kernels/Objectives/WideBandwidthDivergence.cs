using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Kernels.Scores;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Objectives;

// Shapes: x [M, D], y [N, D], float64, centred; u_ij = |x_i - y_j|^2 / (2 sigma^2), at most 2 KernelRange.Wide.

/// <summary>
/// The divergences where the bandwidth is so wide that all kernel values are nearly 1. Sums of kernel values lose what tells the sets
/// apart, so it is split: to first order in u both divergences are |m_x - m_y|^2 / sigma^2, which the means give with all
/// digits; what is left, e^-u - 1 + u and its like, is of the order of u^2 and is summed by itself. As sigma grows the
/// divergences fall as sigma^-2 to 0.
/// </summary>
/// <remarks>Float64, time O((M + N)^2 D), memory O((M + N) D). The same bits for any number of threads.</remarks>
internal static unsafe class WideBandwidthDivergence
{
    private const int RowsPerTask = 16;

    /// <summary>The divergences, without gradients.</summary>
    public static KernelMeasures Measure(Float64Rows x, Float64Rows y, int width, double sigma)
    {
        double[] meanX = Mean(x, width), meanY = Mean(y, width);
        return Measures(
            Gap(meanX, meanY, sigma), Spread(x, meanX, sigma), x.Count, Spread(y, meanY, sigma), y.Count,
            Rest(x, x, width, sigma), Rest(y, y, width, sigma), Rest(x, y, width, sigma));
    }

    /// <summary>The divergences of what has been summed up.</summary>
    /// <param name="gap">|m_x - m_y|^2 / sigma^2.</param>
    /// <param name="spreadX">The mean of |x_i - m_x|^2 / sigma^2.</param>
    /// <param name="rows">M.</param>
    /// <param name="spreadY">The same of y.</param>
    /// <param name="columns">N.</param>
    /// <param name="restX">The sum of e^-u - 1 + u over all pairs of rows of x.</param>
    /// <param name="restY">The same of y.</param>
    /// <param name="restCross">The same between x and y.</param>
    public static KernelMeasures Measures(
        double gap, double spreadX, int rows, double spreadY, int columns, double restX, double restY, double restCross)
    {
        Term x = Term.Within(spreadX, rows, restX, false), y = Term.Within(spreadY, columns, restY, false);
        Term cross = Cross(gap, spreadX, rows, spreadY, columns, restCross);
        double offDiagonal = double.NaN;
        if (rows > 1 && columns > 1)
        {
            offDiagonal = gap - (spreadX / (rows - 1)) - (spreadY / (columns - 1))
                + Term.Within(spreadX, rows, restX, true).RestOfLog + Term.Within(spreadY, columns, restY, true).RestOfLog
                - (2 * cross.RestOfLog);
        }

        return new KernelMeasures(
            Math.Max(0, gap + x.RestOfLog + y.RestOfLog - (2 * cross.RestOfLog)),
            offDiagonal,
            Math.Max(0, gap + x.Rest + y.Rest - (2 * cross.Rest)));
    }

    /// <summary>ln of the mean kernel value over distinct rows; at least two.</summary>
    public static double LogMeanWithin(Float64Rows x, int width, double sigma) =>
        LogMeanWithin(Spread(x, Mean(x, width), sigma), x.Count, Rest(x, x, width, sigma));

    /// <summary>The same of what has been summed up, as for <see cref="Measures"/>.</summary>
    public static double LogMeanWithin(double spread, int rows, double rest)
    {
        var term = Term.Within(spread, rows, rest, offDiagonal: true);
        return term.RestOfLog - term.First;
    }

    /// <summary>D_CS, or MMD^2 without logarithms; <paramref name="weight"/> times the gradients is added to those that are not
    /// null.</summary>
    public static double Compute(
        Float64Rows x, Float64Rows y, int width, double sigma, bool offDiagonal, bool logarithms, double weight)
    {
        int rows = x.Count, columns = y.Count;
        double[] meanX = Mean(x, width), meanY = Mean(y, width);
        double gap = Gap(meanX, meanY, sigma), spreadX = Spread(x, meanX, sigma), spreadY = Spread(y, meanY, sigma);
        var termX = Term.Within(spreadX, rows, Rest(x, x, width, sigma), offDiagonal);
        var termY = Term.Within(spreadY, columns, Rest(y, y, width, sigma), offDiagonal);
        var cross = Cross(gap, spreadX, rows, spreadY, columns, Rest(x, y, width, sigma));
        double first = offDiagonal ? gap - (spreadX / (rows - 1)) - (spreadY / (columns - 1)) : gap;
        double value = logarithms
            ? first + termX.RestOfLog + termY.RestOfLog - (2 * cross.RestOfLog)
            : first + termX.Rest + termY.Rest - (2 * cross.Rest);

        double slope = weight / sigma / sigma;
        if (x.Gradient != null) AddGradient(x, meanX, y, meanY, termX);
        if (y.Gradient != null) AddGradient(y, meanY, x, meanX, termY);
        return value;

        void AddGradient(Float64Rows own, double[] mean, Float64Rows other, double[] otherMean, Term within)
        {
            int count = own.Count;
            double outward = offDiagonal ? 1.0 / (count - 1) : 0;
            for (int i = 0; i < count; i++)
            {
                for (int d = 0; d < width; d++)
                    own.Gradient[((nint)i * width) + d] += 2 * slope / count
                        * (mean[d] - otherMean[d] + (outward * (mean[d] - own.Values[((nint)i * width) + d])));
            }

            AddRest(own, own, width, sigma, logarithms ? within.MinusOne : null, 2 * slope / within.Pairs);
            AddRest(own, other, width, sigma, logarithms ? cross.MinusOne : null, -2 * slope / cross.Pairs);
        }
    }

    /// <summary>The sum of e^-u - 1 + u over all pairs of rows.</summary>
    public static double Rest(Float64Rows x, Float64Rows y, int width, double sigma)
    {
        double half = Half(sigma);
        var sums = new double[Blocks.Count(x.Count, RowsPerTask)];
        Blocks.For(x.Count, RowsPerTask, (start, end) =>
        {
            double sum = 0;
            Float64Terms.ForTiles<DistanceOperation>(x.Values, start, end, y.Values, y.Count, width, (tile, column, count) =>
            {
                for (int i = 0; i < end - start; i++)
                    for (int j = 0; j < count; j++) sum += RestOf(half * tile[(i * Float64Terms.ColumnsPerTile) + j]);
            });
            sums[start / RowsPerTask] = sum;
        });
        return sums.Sum();
    }

    // grad_i += factor * sum_j w_ij (y_j - x_i), w what a kernel value is more than 1, of a logarithm in relation to its mean.
    private static void AddRest(Float64Rows x, Float64Rows y, int width, double sigma, double? meanMinusOne, double factor)
    {
        double* from = x.Values, to = y.Values, grad = x.Gradient;
        double half = Half(sigma), taken = meanMinusOne ?? 0, scale = factor / (1 + taken);
        Blocks.For(x.Count, RowsPerTask, (start, end) =>
        {
            double* sums = stackalloc double[RowsPerTask];
            Float64Terms.ForTiles<DistanceOperation>(from, start, end, to, y.Count, width, (tile, column, count) =>
            {
                for (int i = start; i < end; i++)
                {
                    double* weights = tile + ((i - start) * Float64Terms.ColumnsPerTile);
                    for (int j = 0; j < count; j++)
                    {
                        double u = half * weights[j];
                        sums[i - start] += weights[j] = scale * (RestOf(u) - u - taken);
                    }
                }

                Float64Gemm.AddProduct(
                    tile, end - start, count, Float64Terms.ColumnsPerTile, to + ((nint)column * width), width,
                    grad + ((nint)start * width));
            });
            for (int i = start; i < end; i++)
                for (int d = 0; d < width; d++) grad[((nint)i * width) + d] -= sums[i - start] * from[((nint)i * width) + d];
        });
    }

    /// <summary>|a - b|^2 / sigma^2.</summary>
    public static double Gap(double[] a, double[] b, double sigma)
    {
        double gap = 0;
        for (int d = 0; d < a.Length; d++)
        {
            double part = (a[d] - b[d]) / sigma;
            gap += part * part;
        }

        return gap;
    }

    private static Term Cross(double gap, double spreadX, int rows, double spreadY, int columns, double rest) =>
        new(0.5 * (gap + spreadX + spreadY), rest / ((double)rows * columns), (double)rows * columns);

    // Finite where sigma^2 is not: rows that are all the same have a distance of 0.
    private static double Half(double sigma) => Math.Min(double.MaxValue, 0.5 / sigma / sigma);

    // e^-u - 1 + u.
    private static double RestOf(double u) => u * u * (0.5 - (u * ((1.0 / 6) - (u * ((1.0 / 24) - (u * ((1.0 / 120) - (u / 720))))))));

    private static double[] Mean(Float64Rows x, int width)
    {
        var mean = new double[width];
        for (int i = 0; i < x.Count; i++)
            for (int d = 0; d < width; d++) mean[d] += x.Values[((nint)i * width) + d];
        for (int d = 0; d < width; d++) mean[d] /= x.Count;
        return mean;
    }

    private static double Spread(Float64Rows x, double[] mean, double sigma)
    {
        double sum = 0;
        int width = mean.Length;
        for (int i = 0; i < x.Count; i++)
        {
            for (int d = 0; d < width; d++)
            {
                double part = (x.Values[((nint)i * width) + d] - mean[d]) / sigma;
                sum += part * part;
            }
        }

        return sum / x.Count;
    }

    /// <summary>A mean kernel value 1 - First + Rest: the mean of u, and of e^-u - 1 + u, over so many pairs.</summary>
    private readonly record struct Term(double First, double Rest, double Pairs)
    {
        public double MinusOne => Rest - First;

        /// <summary>ln of the mean plus First.</summary>
        public double RestOfLog
        {
            get
            {
                // ln(1 + a) - a.
                double a = MinusOne;
                return Rest - (a * a * (0.5 - (a * ((1.0 / 3) - (a * (0.25 - (a * (0.2 - (a * ((1.0 / 6) - (a / 7)))))))))));
            }
        }

        // The mean of u over all pairs of a set is its spread; a row with itself has 0.
        public static Term Within(double spread, int rows, double rest, bool offDiagonal)
        {
            double pairs = offDiagonal ? (double)rows * (rows - 1) : (double)rows * rows;
            return new Term(spread * rows * rows / pairs, rest / pairs, pairs);
        }
    }
}
