using CsAligner.Tensors;
using MathNet.Numerics.LinearAlgebra;

namespace CsAligner.Evaluation;

// Shapes: x and y in D dimensions; means [D], maps [D, D], covariances S = A A^T.

/// <summary>
/// Two Gaussian modalities of known dependence: x = A u + m_x, y = B v + m_y, where u and v are standard normal and coordinate i of one
/// has the given correlation with coordinate i of the other. Mutual information sees the correlation only; divergences see means
/// and covariances only. All have closed forms here, to hold estimates to.
/// </summary>
public sealed class JointGaussian
{
    private readonly Vector<double> _meanX, _meanY;
    private readonly Matrix<double> _mapX, _mapY;

    /// <summary>Fixes the two modalities.</summary>
    /// <param name="meanX">[D].</param>
    /// <param name="mapX">A, [D, D], invertible.</param>
    /// <param name="meanY">[D].</param>
    /// <param name="mapY">B, [D, D], invertible.</param>
    /// <param name="correlation">Between partners' coordinates, above -1 and below 1.</param>
    /// <exception cref="ArgumentException">Sizes do not fit, or a map cannot be inverted.</exception>
    public JointGaussian(double[] meanX, double[,] mapX, double[] meanY, double[,] mapY, double correlation)
    {
        ArgumentNullException.ThrowIfNull(meanX);
        ArgumentNullException.ThrowIfNull(meanY);
        ArgumentNullException.ThrowIfNull(mapX);
        ArgumentNullException.ThrowIfNull(mapY);
        if (!(Math.Abs(correlation) < 1))
            throw new ArgumentOutOfRangeException(nameof(correlation), correlation, "The correlation must be above -1 and below 1.");
        (_meanX, _meanY) = (Vector<double>.Build.DenseOfArray(meanX), Vector<double>.Build.DenseOfArray(meanY));
        (_mapX, _mapY) = (Matrix<double>.Build.DenseOfArray(mapX), Matrix<double>.Build.DenseOfArray(mapY));
        int width = meanX.Length;
        if (width == 0 || meanY.Length != width || _mapX.RowCount != width || _mapX.ColumnCount != width || _mapY.RowCount != width
            || _mapY.ColumnCount != width)
            throw new ArgumentException(
                $"Means must be [D] and maps [D, D] of one D, got {width} and {meanY.Length}, {_mapX.RowCount} x {_mapX.ColumnCount} and "
                    + $"{_mapY.RowCount} x {_mapY.ColumnCount}.", nameof(mapX));
        if (_mapX.Determinant() == 0 || _mapY.Determinant() == 0) throw new ArgumentException("The maps must be invertible.", nameof(mapX));
        Correlation = correlation;
    }

    /// <summary>The correlation of partners' coordinates before they are mapped.</summary>
    public double Correlation { get; }

    /// <summary>D.</summary>
    public int Width => _meanX.Count;

    /// <summary>I(x; y) = -D/2 ln(1 - correlation^2) in nats: invertible maps of either side change nothing.</summary>
    public double MutualInformation => -0.5 * Width * Math.Log(1 - (Correlation * Correlation));

    /// <summary>|m_x - m_y|.</summary>
    public double CentroidGap => (_meanX - _meanY).L2Norm();

    /// <summary>
    /// KL(p_x | p_y) = (tr(S_y^-1 S_x) - D + g^T S_y^-1 g + ln(|S_y| / |S_x|)) / 2 in nats, g = m_x - m_y.
    /// </summary>
    public double KullbackLeibler => Kl(CovarianceX, CovarianceY);

    /// <summary>The mean of KL both ways.</summary>
    public double SymmetricKl => 0.5 * (Kl(CovarianceX, CovarianceY) + Kl(CovarianceY, CovarianceX));

    private Matrix<double> CovarianceX => _mapX * _mapX.Transpose();

    private Matrix<double> CovarianceY => _mapY * _mapY.Transpose();

    /// <summary>
    /// The limit of the estimate of D_CS with a kernel of this sigma: the mean kernel value of independent draws of N(a, S) and N(b, T) is
    /// (sigma^2)^(D/2) |S + T + sigma^2 I|^(-1/2) exp(-(a-b)^T (S + T + sigma^2 I)^-1 (a-b) / 2), so that
    /// D_CS = ln|S_x + S_y + sigma^2 I| - ln|2 S_x + sigma^2 I| / 2 - ln|2 S_y + sigma^2 I| / 2 + g^T (S_x + S_y + sigma^2 I)^-1 g.
    /// </summary>
    /// <param name="bandwidth">sigma, at least 0; 0 gives the divergence of the Gaussians themselves.</param>
    public double CauchySchwarz(double bandwidth)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bandwidth);
        Matrix<double> kernel = Matrix<double>.Build.DenseIdentity(Width) * (bandwidth * bandwidth),
            cross = CovarianceX + CovarianceY + kernel;
        Vector<double> gap = _meanX - _meanY;
        return LogDeterminant(cross) - (0.5 * LogDeterminant((2 * CovarianceX) + kernel))
            - (0.5 * LogDeterminant((2 * CovarianceY) + kernel)) + (gap * cross.Solve(gap));
    }

    /// <summary>Draws pairs: row i of x belongs to row i of y.</summary>
    /// <param name="rows">At least 1.</param>
    /// <param name="random">Drawn from row by row.</param>
    /// <returns>[rows, D] twice.</returns>
    public (Tensor X, Tensor Y) Sample(int rows, RandomGenerator random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentNullException.ThrowIfNull(random);
        Tensor x = new(rows, Width), y = new(rows, Width);
        double rest = Math.Sqrt(1 - (Correlation * Correlation));
        for (int i = 0; i < rows; i++)
        {
            Vector<double> u = Vector<double>.Build.Dense(Width, _ => random.NextNormal()),
                v = u.Map(value => (Correlation * value) + (rest * random.NextNormal()));
            Store(_meanX + (_mapX * u), x, i);
            Store(_meanY + (_mapY * v), y, i);
        }

        return (x, y);
    }

    /// <summary>The mutual information of the Gaussian fitted to pairs of rows: (ln|C_x| + ln|C_y| - ln|C_xy|) / 2 in nats.</summary>
    /// <param name="x">[N, D], more than 2 D rows.</param>
    /// <param name="y">[N, E].</param>
    public static double EstimateMutualInformation(Tensor x, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        int rows = x.Rows, width = x.Width, all = width + y.Width;
        if (y.Rows != rows || rows <= all)
            throw new ArgumentException($"Mutual information: expected pairs of rows, more than {all} of them; got {x} and {y}.",
                nameof(y));
        Matrix<double> joint =
            Matrix<double>.Build.Dense(rows, all, (i, d) => d < width ? x.Span[(i * width) + d] : y.Span[(i * y.Width) + d - width]);
        Vector<double> mean = joint.ColumnSums() / rows;
        for (int i = 0; i < rows; i++) joint.SetRow(i, joint.Row(i) - mean);
        Matrix<double> covariance = joint.TransposeThisAndMultiply(joint) / (rows - 1);
        return 0.5 * (LogDeterminant(covariance.SubMatrix(0, width, 0, width))
            + LogDeterminant(covariance.SubMatrix(width, y.Width, width, y.Width)) - LogDeterminant(covariance));
    }

    private static double LogDeterminant(Matrix<double> matrix) => matrix.Cholesky().DeterminantLn;

    private static void Store(Vector<double> row, Tensor target, int i)
    {
        for (int d = 0; d < row.Count; d++) target.Span[(i * row.Count) + d] = (float)row[d];
    }

    private double Kl(Matrix<double> from, Matrix<double> to)
    {
        Vector<double> gap = _meanX - _meanY;
        return 0.5 * (to.Solve(from).Trace() - Width + (gap * to.Solve(gap)) + LogDeterminant(to) - LogDeterminant(from));
    }
}
