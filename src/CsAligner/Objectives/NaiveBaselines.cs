namespace CsAligner.Objectives;

// Shapes: x [M, D] images, y [N, D] texts; the first P rows of both are pairs.

/// <summary>
/// The objectives that CS-Aligner is compared with, written out in float64 on plain arrays: the definitions that tests hold the
/// faster versions to. For small inputs only. <see cref="NaiveSinkhorn"/> has the Sinkhorn divergence.
/// </summary>
internal static class NaiveBaselines
{
    /// <summary>The mean of |x_i - y_i|^2 over pairs.</summary>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D].</param>
    /// <param name="pairs">P, at least 1.</param>
    public static ObjectiveGradients SquaredDistance(double[,] x, double[,] y, int pairs)
    {
        var result = Zero(x, y);
        double value = 0;
        for (int i = 0; i < pairs; i++)
        {
            for (int d = 0; d < x.GetLength(1); d++)
            {
                double difference = x[i, d] - y[i, d];
                value += difference * difference / pairs;
                result.GradX[i, d] = 2 * difference / pairs;
                result.GradY[i, d] = -2 * difference / pairs;
            }
        }

        return result with { Value = value };
    }

    /// <summary>The mean of 1 - cos(x_i, y_i) over pairs.</summary>
    /// <param name="x">[M, D], rows above 0.</param>
    /// <param name="y">[N, D], rows above 0.</param>
    /// <param name="pairs">P, at least 1.</param>
    public static ObjectiveGradients Cosine(double[,] x, double[,] y, int pairs)
    {
        var result = Zero(x, y);
        double value = 0;
        for (int i = 0; i < pairs; i++)
        {
            double squareX = Dot(x, i, x, i), squareY = Dot(y, i, y, i), norms = Math.Sqrt(squareX * squareY),
                cosine = Dot(x, i, y, i) / norms;
            value += (1 - cosine) / pairs;
            for (int d = 0; d < x.GetLength(1); d++)
            {
                result.GradX[i, d] = ((cosine * x[i, d] / squareX) - (y[i, d] / norms)) / pairs;
                result.GradY[i, d] = ((cosine * y[i, d] / squareY) - (x[i, d] / norms)) / pairs;
            }
        }

        return result with { Value = value };
    }

    /// <summary>SigLIP: -1/P sum_ij ln sigmoid(z_ij (scale x_i . y_j + bias)), z_ij = 1 on the diagonal and -1 beside it.</summary>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D].</param>
    /// <param name="scale">t itself.</param>
    /// <param name="bias">b.</param>
    /// <param name="pairs">P, at least 1.</param>
    public static ObjectiveGradients SigLip(double[,] x, double[,] y, double scale, double bias, int pairs)
    {
        var result = Zero(x, y);
        double value = 0, gradScale = 0, gradBias = 0;
        for (int i = 0; i < pairs; i++)
        {
            for (int j = 0; j < pairs; j++)
            {
                double sign = i == j ? 1 : -1, score = Dot(x, i, y, j), logit = sign * ((scale * score) + bias);
                double lost = Math.Exp(-Math.Abs(logit)), slope = -sign * (logit > 0 ? lost : 1) / (1 + lost) / pairs;

                // ln(1 + u) at full precision for small u: double has no log1p.
                double sum = 1 + lost;
                value += (Math.Max(-logit, 0) + (sum == 1 ? lost : Math.Log(sum) * lost / (sum - 1))) / pairs;
                gradScale += slope * score;
                gradBias += slope;
                for (int d = 0; d < x.GetLength(1); d++)
                {
                    result.GradX[i, d] += slope * scale * y[j, d];
                    result.GradY[j, d] += slope * scale * x[i, d];
                }
            }
        }

        return result with { Value = value, GradLogitScale = gradScale, GradLogitBias = gradBias };
    }

    /// <summary>MMD^2: mean kappa(x_i, x_j) + mean kappa(y_i, y_j) - 2 mean kappa(x_i, y_j), its mean over bandwidths.</summary>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D].</param>
    /// <param name="sigmas">One or more, above 0.</param>
    /// <param name="offDiagonal">Leave i = j out of the self terms.</param>
    public static ObjectiveGradients MaximumMeanDiscrepancy(double[,] x, double[,] y, double[] sigmas, bool offDiagonal = false)
    {
        ArgumentNullException.ThrowIfNull(sigmas);
        var result = Zero(x, y);
        double value = 0;
        foreach (double sigma in sigmas)
        {
            value += MeanKernel(x, x, sigma, offDiagonal, 1.0 / sigmas.Length, result.GradX, result.GradX)
                + MeanKernel(y, y, sigma, offDiagonal, 1.0 / sigmas.Length, result.GradY, result.GradY)
                + MeanKernel(x, y, sigma, false, -2.0 / sigmas.Length, result.GradX, result.GradY);
        }

        return result with { Value = value };
    }

    /// <summary>The mean of D_CS over bandwidths.</summary>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D].</param>
    /// <param name="sigmas">One or more, above 0.</param>
    /// <param name="offDiagonal">The off-diagonal form.</param>
    public static ObjectiveGradients CauchySchwarz(double[,] x, double[,] y, double[] sigmas, bool offDiagonal = false)
    {
        ArgumentNullException.ThrowIfNull(sigmas);
        var result = Zero(x, y);
        double value = 0;
        foreach (double sigma in sigmas)
        {
            var one = NaiveObjective.CauchySchwarz(x, y, sigma, offDiagonal);
            value += one.Value / sigmas.Length;
            Add(one.GradX, 1.0 / sigmas.Length, result.GradX);
            Add(one.GradY, 1.0 / sigmas.Length, result.GradY);
        }

        return result with { Value = value };
    }

    /// <summary>1 - corr(S0, S), Pearson's over all entries of S = x y^T and S0 = x0 y0^T.</summary>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D].</param>
    /// <param name="startX">x0, [M, E].</param>
    /// <param name="startY">y0, [N, E].</param>
    public static ObjectiveGradients SimilarityPreservation(double[,] x, double[,] y, double[,] startX, double[,] startY)
    {
        var result = Zero(x, y);
        double[,] now = Scores(x, y), before = Scores(startX, startY);
        double meanNow = now.Cast<double>().Average(), meanBefore = before.Cast<double>().Average(), square = 0, squareBefore = 0, both = 0;
        foreach (var (s, s0) in now.Cast<double>().Zip(before.Cast<double>()))
        {
            square += (s - meanNow) * (s - meanNow);
            squareBefore += (s0 - meanBefore) * (s0 - meanBefore);
            both += (s - meanNow) * (s0 - meanBefore);
        }

        double norms = Math.Sqrt(square * squareBefore), correlation = both / norms;
        for (int i = 0; i < x.GetLength(0); i++)
        {
            for (int j = 0; j < y.GetLength(0); j++)
            {
                double slope = (correlation * (now[i, j] - meanNow) / square) - ((before[i, j] - meanBefore) / norms);
                for (int d = 0; d < x.GetLength(1); d++)
                {
                    result.GradX[i, d] += slope * y[j, d];
                    result.GradY[j, d] += slope * x[i, d];
                }
            }
        }

        return result with { Value = 1 - correlation };
    }

    /// <summary>CORAL: |C_x - C_y|_F^2 / (4 D^2) + meanWeight |m_x - m_y|^2, covariances over rows - 1.</summary>
    /// <param name="x">[M, D], two rows or more.</param>
    /// <param name="y">[N, D], two rows or more.</param>
    /// <param name="meanWeight">0 for CORAL.</param>
    public static ObjectiveGradients Coral(double[,] x, double[,] y, double meanWeight = 0)
    {
        var result = Zero(x, y);
        int width = x.GetLength(1);
        double[] meanX = Mean(x), meanY = Mean(y);
        double[,] covariances = Covariance(x, meanX), other = Covariance(y, meanY);
        double value = 0;
        for (int i = 0; i < width; i++)
        {
            value += meanWeight * (meanX[i] - meanY[i]) * (meanX[i] - meanY[i]);
            for (int j = 0; j < width; j++)
            {
                covariances[i, j] -= other[i, j];
                value += covariances[i, j] * covariances[i, j] / (4.0 * width * width);
                covariances[i, j] /= 2.0 * width * width;
            }
        }

        double[] gap = [.. meanX.Zip(meanY, (a, b) => 2 * meanWeight * (a - b))];
        AddMoments(x, meanX, covariances, 1, gap, result.GradX);
        AddMoments(y, meanY, covariances, -1, gap, result.GradY);
        return result with { Value = value };
    }

    /// <summary>Half of KL(p|q) + KL(q|p) between the fitted Gaussians, covariances (1 - shrinkage) C + shrinkage tr(C) / D I.</summary>
    /// <param name="x">[M, D], two rows or more.</param>
    /// <param name="y">[N, D], two rows or more.</param>
    /// <param name="shrinkage">Above 0.</param>
    public static ObjectiveGradients GaussianKl(double[,] x, double[,] y, double shrinkage)
    {
        var result = Zero(x, y);
        int width = x.GetLength(1);
        double[] meanX = Mean(x), meanY = Mean(y), gap = [.. meanX.Zip(meanY, (a, b) => a - b)];
        double[,] a = Shrunk(Covariance(x, meanX), shrinkage), b = Shrunk(Covariance(y, meanY), shrinkage), inverseA = Inverse(a),
            inverseB = Inverse(b);
        double[] pullA = Product(inverseA, gap), pullB = Product(inverseB, gap);
        double value = -2.0 * width;
        for (int i = 0; i < width; i++)
        {
            value += gap[i] * (pullA[i] + pullB[i]);
            for (int j = 0; j < width; j++) value += (inverseB[i, j] * a[j, i]) + (inverseA[i, j] * b[j, i]);
        }

        double[] meanSlope = [.. pullA.Zip(pullB, (p, q) => 0.5 * (p + q))];
        AddMoments(x, meanX, Slope(b, inverseA, inverseB, pullA, shrinkage), 1, meanSlope, result.GradX);
        AddMoments(y, meanY, Slope(a, inverseB, inverseA, pullB, shrinkage), 1, [.. meanSlope.Select(s => -s)], result.GradY);
        return result with { Value = value / 4 };
    }

    private static double[,] Scores(double[,] x, double[,] y)
    {
        var scores = new double[x.GetLength(0), y.GetLength(0)];
        for (int i = 0; i < x.GetLength(0); i++)
            for (int j = 0; j < y.GetLength(0); j++) scores[i, j] = Dot(x, i, y, j);
        return scores;
    }

    private static double MeanKernel(double[,] x, double[,] y, double sigma, bool skipDiagonal, double weight, double[,] gradX,
        double[,] gradY)
    {
        int rows = x.GetLength(0), columns = y.GetLength(0);
        double count = skipDiagonal ? (double)rows * (rows - 1) : (double)rows * columns, value = 0;
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                if (skipDiagonal && i == j) continue;
                double squared = 0;
                for (int d = 0; d < x.GetLength(1); d++) squared += (x[i, d] - y[j, d]) / sigma * ((x[i, d] - y[j, d]) / sigma);
                double kernel = weight * Math.Exp(-squared / 2) / count;
                value += kernel;

                // Beyond e^-745 a kernel has no gradient, whatever it is multiplied by.
                if (kernel == 0) continue;
                for (int d = 0; d < x.GetLength(1); d++)
                {
                    double gradient = kernel * (y[j, d] - x[i, d]) / sigma / sigma;
                    gradX[i, d] += gradient;
                    gradY[j, d] -= gradient;
                }
            }
        }

        return value;
    }

    // d/dA of tr(B^-1 A) + tr(A^-1 B) + g^T A^-1 g over 4, through the shrinkage to the covariance.
    private static double[,] Slope(double[,] other, double[,] inverse, double[,] inverseOther, double[] pull, double shrinkage)
    {
        int width = pull.Length;
        double[,] middle = Product(Product(inverse, other), inverse), slope = new double[width, width];
        double trace = 0;
        for (int i = 0; i < width; i++)
            for (int j = 0; j < width; j++) slope[i, j] = (inverseOther[i, j] - middle[i, j] - (pull[i] * pull[j])) / 4;
        for (int i = 0; i < width; i++) trace += slope[i, i];
        for (int i = 0; i < width; i++)
            for (int j = 0; j < width; j++) slope[i, j] = ((1 - shrinkage) * slope[i, j]) + (i == j ? shrinkage * trace / width : 0);
        return slope;
    }

    // From slopes by the covariance and by the mean to the rows.
    private static void AddMoments(double[,] x, double[] mean, double[,] covarianceSlope, double sign, double[] meanSlope, double[,] grad)
    {
        int rows = x.GetLength(0), width = x.GetLength(1);
        for (int i = 0; i < rows; i++)
        {
            for (int d = 0; d < width; d++)
            {
                grad[i, d] += sign * meanSlope[d] / rows;
                for (int e = 0; e < width; e++) grad[i, d] += sign * 2 * covarianceSlope[d, e] * (x[i, e] - mean[e]) / (rows - 1);
            }
        }
    }

    private static double[] Mean(double[,] x)
    {
        var mean = new double[x.GetLength(1)];
        for (int i = 0; i < x.GetLength(0); i++)
            for (int d = 0; d < mean.Length; d++) mean[d] += x[i, d] / x.GetLength(0);
        return mean;
    }

    private static double[,] Covariance(double[,] x, double[] mean)
    {
        var covariance = new double[mean.Length, mean.Length];
        for (int i = 0; i < x.GetLength(0); i++)
            for (int d = 0; d < mean.Length; d++)
                for (int e = 0; e < mean.Length; e++) covariance[d, e] += (x[i, d] - mean[d]) * (x[i, e] - mean[e]) / (x.GetLength(0) - 1);
        return covariance;
    }

    private static double[,] Shrunk(double[,] covariance, double shrinkage)
    {
        int width = covariance.GetLength(0);
        double trace = 0;
        for (int i = 0; i < width; i++) trace += covariance[i, i];
        for (int i = 0; i < width; i++)
            for (int j = 0; j < width; j++)
                covariance[i, j] = ((1 - shrinkage) * covariance[i, j]) + (i == j ? shrinkage * trace / width : 0);
        return covariance;
    }

    // Gauss-Jordan with pivots.
    private static double[,] Inverse(double[,] matrix)
    {
        int n = matrix.GetLength(0);
        var a = (double[,])matrix.Clone();
        var inverse = new double[n, n];
        for (int i = 0; i < n; i++) inverse[i, i] = 1;
        for (int k = 0; k < n; k++)
        {
            int pivot = k;
            for (int i = k + 1; i < n; i++)
                if (Math.Abs(a[i, k]) > Math.Abs(a[pivot, k])) pivot = i;
            for (int j = 0; j < n; j++)
            {
                (a[k, j], a[pivot, j]) = (a[pivot, j], a[k, j]);
                (inverse[k, j], inverse[pivot, j]) = (inverse[pivot, j], inverse[k, j]);
            }

            double scale = 1 / a[k, k];
            for (int j = 0; j < n; j++) (a[k, j], inverse[k, j]) = (a[k, j] * scale, inverse[k, j] * scale);
            for (int i = 0; i < n; i++)
            {
                double factor = i == k ? 0 : a[i, k];
                for (int j = 0; j < n; j++)
                    (a[i, j], inverse[i, j]) = (a[i, j] - (factor * a[k, j]), inverse[i, j] - (factor * inverse[k, j]));
            }
        }

        return inverse;
    }

    private static double[,] Product(double[,] a, double[,] b)
    {
        var product = new double[a.GetLength(0), b.GetLength(1)];
        for (int i = 0; i < a.GetLength(0); i++)
            for (int j = 0; j < b.GetLength(1); j++)
                for (int k = 0; k < b.GetLength(0); k++) product[i, j] += a[i, k] * b[k, j];
        return product;
    }

    private static double[] Product(double[,] a, double[] b)
    {
        var product = new double[a.GetLength(0)];
        for (int i = 0; i < product.Length; i++)
            for (int k = 0; k < b.Length; k++) product[i] += a[i, k] * b[k];
        return product;
    }

    private static double Dot(double[,] x, int i, double[,] y, int j)
    {
        double sum = 0;
        for (int d = 0; d < x.GetLength(1); d++) sum += x[i, d] * y[j, d];
        return sum;
    }

    private static void Add(double[,] from, double weight, double[,] to)
    {
        for (int i = 0; i < to.GetLength(0); i++)
            for (int d = 0; d < to.GetLength(1); d++) to[i, d] += weight * from[i, d];
    }

    internal static ObjectiveGradients Zero(double[,] x, double[,] y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (x.GetLength(1) != y.GetLength(1))
            throw new ArgumentException($"Objective: widths {x.GetLength(1)} and {y.GetLength(1)} must agree.", nameof(y));
        return new ObjectiveGradients(0, new double[x.GetLength(0), x.GetLength(1)], new double[y.GetLength(0), y.GetLength(1)]);
    }
}
