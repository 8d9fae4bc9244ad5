namespace CsAligner.Cli.Tests.Verbs;

/// <summary>The contract's measures, written out on plain arrays in float64: what the command line is held to.</summary>
internal sealed class NaiveMeasures(double[][] x, double[][] y, double sigma)
{
    public static double[][] Normalise(double[][] rows) =>
        [.. rows.Select(row => row.Select(value => value / Math.Sqrt(row.Sum(other => other * other))).ToArray())];

    public double CauchySchwarz(bool offDiagonal) =>
        Math.Log(Self(x, offDiagonal)) + Math.Log(Self(y, offDiagonal)) - (2 * Math.Log(Cross()));

    public double Mmd => Self(x, false) + Self(y, false) - (2 * Cross());

    public double CentroidGap => Math.Sqrt(Distance2(Mean(x), Mean(y)));

    public double Alignment => x.Zip(y, Distance2).Average();

    /// <summary>For rows of width 2: the trace of the root of a 2 x 2 matrix is the root of (trace + 2 sqrt(det)).</summary>
    public double Frechet
    {
        get
        {
            double[,] a = Covariance(x), b = Covariance(y);
            double trace = 0;
            for (int i = 0; i < 2; i++)
            {
                for (int j = 0; j < 2; j++)
                    trace += a[i, j] * b[j, i];
            }

            double determinant = ((a[0, 0] * a[1, 1]) - (a[0, 1] * a[1, 0])) * ((b[0, 0] * b[1, 1]) - (b[0, 1] * b[1, 0]));
            double root = Math.Sqrt(trace + (2 * Math.Sqrt(Math.Max(0, determinant))));
            return Distance2(Mean(x), Mean(y)) + a[0, 0] + a[1, 1] + b[0, 0] + b[1, 1] - (2 * root);
        }
    }

    public static double Uniformity(double[][] rows) => Math.Log(
        Pairs(rows.Length).Average(pair => Math.Exp(-2 * Distance2(rows[pair.I], rows[pair.J]))));

    public double MeanCosinePairs => x.Zip(y, Cosine).Average();

    public double MeanCosineOthers => Pairs(x.Length).Average(pair => Cosine(x[pair.I], y[pair.J]));

    /// <summary>Rank, from 1, of the best of the candidates that belong to a query; ties go to the lower row.</summary>
    public static int Rank(double[] query, double[][] candidates, Func<int, bool> belongs)
    {
        int[] order =
            [.. Enumerable.Range(0, candidates.Length).OrderByDescending(row => Cosine(query, candidates[row])).ThenBy(row => row)];
        return Array.FindIndex(order, row => belongs(row)) + 1;
    }

    public static double Median(double[][] rows)
    {
        double[] distances =
            [.. Pairs(rows.Length).Where(pair => pair.I < pair.J).Select(pair => Math.Sqrt(Distance2(rows[pair.I], rows[pair.J]))).Order()];
        return (distances[(distances.Length - 1) / 2] + distances[distances.Length / 2]) / 2;
    }

    public static double Cosine(double[] a, double[] b) =>
        Dot(a, b) / Math.Sqrt(Dot(a, a) * Dot(b, b));

    private static double Dot(double[] a, double[] b) => a.Zip(b, (left, right) => left * right).Sum();

    private static double Distance2(double[] a, double[] b) => a.Zip(b, (left, right) => (left - right) * (left - right)).Sum();

    private static double[] Mean(double[][] rows) =>
        [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Average(row => row[column]))];

    private static double[,] Covariance(double[][] rows)
    {
        double[] mean = Mean(rows);
        double[,] result = new double[2, 2];
        foreach (double[] row in rows)
        {
            for (int i = 0; i < 2; i++)
            {
                for (int j = 0; j < 2; j++)
                    result[i, j] += (row[i] - mean[i]) * (row[j] - mean[j]) / (rows.Length - 1);
            }
        }

        return result;
    }

    private static IEnumerable<(int I, int J)> Pairs(int count) =>
        from i in Enumerable.Range(0, count)
        from j in Enumerable.Range(0, count)
        where i != j
        select (i, j);

    private double Kernel(double[] a, double[] b) => Math.Exp(-Distance2(a, b) / (2 * sigma * sigma));

    private double Self(double[][] rows, bool offDiagonal) => offDiagonal
        ? Pairs(rows.Length).Average(pair => Kernel(rows[pair.I], rows[pair.J]))
        : rows.Average(a => rows.Average(b => Kernel(a, b)));

    private double Cross() => x.Average(a => y.Average(b => Kernel(a, b)));
}
