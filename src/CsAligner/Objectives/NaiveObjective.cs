namespace CsAligner.Objectives;

// Shapes: x [M, D] images, y [N, D] texts, tokens x [B, T, D] and y [B, U, D].

/// <summary>
/// The objectives of CS-Aligner (arXiv 2502.17028) written out in float64 on plain arrays: the definition that
/// the tests hold every faster version to. Time O((M+N)^2 D), memory O((M+N)^2): for small inputs only.
/// </summary>
internal static class NaiveObjective
{
    /// <summary>
    /// D_CS = ln mean kappa(x_i, x_j) + ln mean kappa(y_i, y_j) - 2 ln mean kappa(x_i, y_j),
    /// kappa(a, b) = exp(-|a-b|^2 / (2 sigma^2)). Log-sum-exp throughout: finite as long as |a-b|^2 / sigma^2 is. Where sigma is far
    /// larger than all distances, what tells the sets apart is lost in the rounding of sums near 1; the faster versions keep it.
    /// </summary>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D]; N may differ from M.</param>
    /// <param name="sigma">Bandwidth, above 0.</param>
    /// <param name="offDiagonal">Leave i = j out of the two self terms (nearly unbiased, may be negative, needs two rows a side).</param>
    public static ObjectiveGradients CauchySchwarz(double[,] x, double[,] y, double sigma, bool offDiagonal = false)
    {
        CheckWidths(x, y);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sigma);
        var gradX = new double[x.GetLength(0), x.GetLength(1)];
        var gradY = new double[y.GetLength(0), y.GetLength(1)];
        double value = LogMeanKernel(x, x, sigma, offDiagonal, 1, gradX, gradX)
            + LogMeanKernel(y, y, sigma, offDiagonal, 1, gradY, gradY)
            - 2 * LogMeanKernel(x, y, sigma, false, -2, gradX, gradY);
        return new ObjectiveGradients(value, gradX, gradY);
    }

    /// <summary>
    /// Symmetric InfoNCE: the mean of the two cross-entropies (image to text, text to image) of the logits
    /// logitScale * x_i . y_j, the diagonal being right. Rows are taken as they are; CLIP feeds unit rows,
    /// which makes the product the cosine similarity.
    /// </summary>
    /// <param name="x">[P, D].</param>
    /// <param name="y">[P, D], row i the partner of row i of x.</param>
    /// <param name="logitScale">1/tau, above 0.</param>
    public static ObjectiveGradients InfoNce(double[,] x, double[,] y, double logitScale)
    {
        ArgumentNullException.ThrowIfNull(x);
        return CsAligner(x, y, sigma: 1, csWeight: 0, infoNceWeight: 1, logitScale, pairs: x.GetLength(0));
    }

    /// <summary>
    /// csWeight * D_CS over all rows + infoNceWeight * InfoNCE over the first <paramref name="pairs"/> rows of
    /// each side: the paper's L = D_CS + lambda InfoNCE, with unpaired rows behind the pairs.
    /// </summary>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D].</param>
    /// <param name="sigma">Bandwidth of the kernel, above 0.</param>
    /// <param name="csWeight">Weight of D_CS.</param>
    /// <param name="infoNceWeight">Weight of InfoNCE, lambda.</param>
    /// <param name="logitScale">1/tau, above 0.</param>
    /// <param name="pairs">Row i of x belongs to row i of y for i below this; at most min(M, N).</param>
    /// <param name="offDiagonal">The off-diagonal form of D_CS.</param>
    public static ObjectiveGradients CsAligner(
        double[,] x, double[,] y, double sigma, double csWeight, double infoNceWeight, double logitScale, int pairs,
        bool offDiagonal = false)
    {
        CheckWidths(x, y);
        ArgumentOutOfRangeException.ThrowIfNegative(pairs);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pairs, Math.Min(x.GetLength(0), y.GetLength(0)));
        var result = csWeight == 0
            ? new ObjectiveGradients(0, new double[x.GetLength(0), x.GetLength(1)], new double[y.GetLength(0), y.GetLength(1)])
            : CauchySchwarz(x, y, sigma, offDiagonal);
        Scale(result.GradX, csWeight);
        Scale(result.GradY, csWeight);
        var (infoNce, gradScale) = AddInfoNce(x, y, logitScale, pairs, infoNceWeight, result.GradX, result.GradY);
        return result with { Value = csWeight * result.Value + infoNceWeight * infoNce, GradLogitScale = infoNceWeight * gradScale };
    }

    /// <summary>Token level: for each sample D_CS between its image tokens and its text tokens, averaged over the batch.</summary>
    /// <param name="x">[B, T, D].</param>
    /// <param name="maskX">[B, T], true if the token counts; at least one a sample.</param>
    /// <param name="y">[B, U, D].</param>
    /// <param name="maskY">[B, U].</param>
    /// <param name="sigma">Bandwidth, above 0.</param>
    public static TokenObjectiveGradients TokenLevel(double[,,] x, bool[,] maskX, double[,,] y, bool[,] maskY, double sigma)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        int batch = x.GetLength(0), width = x.GetLength(2);
        if (y.GetLength(0) != batch || y.GetLength(2) != width)
            throw new ArgumentException($"Token divergence: x is {Shape(x)}, y is {Shape(y)}; batch and width must agree.", nameof(y));
        var gradX = new double[batch, x.GetLength(1), width];
        var gradY = new double[batch, y.GetLength(1), width];
        double value = 0;
        for (int b = 0; b < batch; b++)
        {
            var (pointsX, rowsX) = Select(x, maskX, b);
            var (pointsY, rowsY) = Select(y, maskY, b);
            var sample = CauchySchwarz(pointsX, pointsY, sigma);
            value += sample.Value / batch;
            Scatter(sample.GradX, rowsX, gradX, b);
            Scatter(sample.GradY, rowsY, gradY, b);
        }
        return new TokenObjectiveGradients(value, gradX, gradY);
    }

    // ln of the mean kernel value over all (i, j); adds weight * d/dx and weight * d/dy to the gradients.
    private static double LogMeanKernel(double[,] x, double[,] y, double sigma, bool skipDiagonal, double weight, double[,] gradX,
        double[,] gradY)
    {
        int rows = x.GetLength(0), columns = y.GetLength(0), width = x.GetLength(1);
        if (rows == 0 || columns == 0 || (skipDiagonal && rows < 2))
            throw new ArgumentException($"Cauchy-Schwarz divergence: {rows} and {columns} rows are too "
                + $"few{(skipDiagonal ? " for the off-diagonal form" : "")}.", nameof(x));
        var logits = new double[rows, columns];
        double largest = double.NegativeInfinity;
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                double squared = 0;
                for (int d = 0; d < width; d++)
                    squared += (x[i, d] - y[j, d]) / sigma * ((x[i, d] - y[j, d]) / sigma);
                if (!double.IsFinite(squared))
                    throw new ArgumentOutOfRangeException(nameof(sigma), sigma, "Distances over sigma are beyond float64.");
                logits[i, j] = skipDiagonal && i == j ? double.NegativeInfinity : -squared / 2;
                largest = Math.Max(largest, logits[i, j]);
            }
        }
        double sum = 0;
        foreach (double logit in logits)
            sum += Math.Exp(logit - largest);
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                double probability = Math.Exp(logits[i, j] - largest) / sum;
                for (int d = 0; d < width; d++)
                {
                    double gradient = weight * probability * (y[j, d] - x[i, d]) / sigma / sigma;
                    gradX[i, d] += gradient;
                    gradY[j, d] -= gradient;
                }
            }
        }
        double count = skipDiagonal ? (double)rows * (rows - 1) : (double)rows * columns;
        return largest + Math.Log(sum) - Math.Log(count);
    }

    private static (double Value, double GradScale) AddInfoNce(
        double[,] x, double[,] y, double scale, int pairs, double weight, double[,] gradX, double[,] gradY)
    {
        if (pairs == 0 || weight == 0)
            return (0, 0);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(scale);
        int width = x.GetLength(1);
        var cosines = new double[pairs, pairs];
        for (int i = 0; i < pairs; i++)
            for (int j = 0; j < pairs; j++)
                for (int d = 0; d < width; d++)
                    cosines[i, j] += x[i, d] * y[j, d];
        var rowLog = new double[pairs];
        var columnLog = new double[pairs];
        for (int i = 0; i < pairs; i++)
        {
            int row = i;
            // Relative to the right answer: beside a large logit a logarithm would lose its digits.
            rowLog[i] = LogSumExp(pairs, j => scale * (cosines[row, j] - cosines[row, row]));
            columnLog[i] = LogSumExp(pairs, j => scale * (cosines[j, row] - cosines[row, row]));
        }
        double value = 0, gradScale = 0;
        for (int i = 0; i < pairs; i++)
        {
            value += 0.5 * (rowLog[i] + columnLog[i]) / pairs;
            for (int j = 0; j < pairs; j++)
            {
                double inRow = Math.Exp(scale * (cosines[i, j] - cosines[i, i]) - rowLog[i]);
                double inColumn = Math.Exp(scale * (cosines[i, j] - cosines[j, j]) - columnLog[j]);
                double gradLogit = (0.5 * (inRow + inColumn) - (i == j ? 1 : 0)) / pairs;
                gradScale += gradLogit * cosines[i, j];
                for (int d = 0; d < width; d++)
                {
                    gradX[i, d] += weight * gradLogit * scale * y[j, d];
                    gradY[j, d] += weight * gradLogit * scale * x[i, d];
                }
            }
        }
        return (value, gradScale);
    }

    private static double LogSumExp(int count, Func<int, double> logit)
    {
        double largest = double.NegativeInfinity, sum = 0;
        for (int j = 0; j < count; j++)
            largest = Math.Max(largest, logit(j));
        for (int j = 0; j < count; j++)
            sum += Math.Exp(logit(j) - largest);
        return largest + Math.Log(sum);
    }

    private static (double[,] Points, List<int> Rows) Select(double[,,] tokens, bool[,] mask, int sample)
    {
        var rows = Enumerable.Range(0, tokens.GetLength(1)).Where(t => mask[sample, t]).ToList();
        var points = new double[rows.Count, tokens.GetLength(2)];
        for (int r = 0; r < rows.Count; r++)
            for (int d = 0; d < points.GetLength(1); d++)
                points[r, d] = tokens[sample, rows[r], d];
        return (points, rows);
    }

    private static void Scatter(double[,] gradient, List<int> rows, double[,,] target, int sample)
    {
        for (int r = 0; r < rows.Count; r++)
            for (int d = 0; d < gradient.GetLength(1); d++)
                target[sample, rows[r], d] = gradient[r, d] / target.GetLength(0);
    }

    private static void Scale(double[,] values, double factor)
    {
        for (int i = 0; i < values.GetLength(0); i++)
            for (int d = 0; d < values.GetLength(1); d++)
                values[i, d] *= factor;
    }

    private static void CheckWidths(double[,] x, double[,] y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (x.GetLength(1) != y.GetLength(1))
            throw new ArgumentException($"Objective: x is [{x.GetLength(0)}, {x.GetLength(1)}], y is [{y.GetLength(0)}, {y.GetLength(1)}]; "
                + "the widths must agree.", nameof(y));
    }

    private static string Shape(double[,,] values) => $"[{values.GetLength(0)}, {values.GetLength(1)}, {values.GetLength(2)}]";
}
