namespace CsAligner.Tensors.Kernels;

// Shapes: x [M, D], y [N, D]; tiles of scores [up to TileSize, up to TileSize].

/// <summary>
/// The terms of the objective over tiles of scores, float32 with float64 sums: never an M x N matrix, memory
/// O((M + N) D + a tile). Two passes: statistics, then weights and their products with the other side. The same bits
/// for any number of threads.
/// </summary>
internal static unsafe class PairwiseTerms
{
    /// <summary>Rows and columns of a tile of the cross term; the self terms take half, for their symmetry. Tests set it.</summary>
    public static int TileSize { get; set; } = 2048;

    /// <summary>
    /// ln of the mean kernel value over pairs of rows of x, times <paramref name="weight"/> added to
    /// <paramref name="grad"/> as its gradient where that is not null.
    /// </summary>
    public static double SelfTerm(float* x, int rows, int width, double sigma, bool offDiagonal, double weight, float* grad)
    {
        using var scratch = new Scratch();
        float* halfNorms = scratch.Floats(KernelSums.Padded(rows));
        KernelSums.HalfNorms(x, rows, width, halfNorms);
        var rule = LogitRule.Gaussian(halfNorms, halfNorms, sigma);
        int size = Math.Max(1, TileSize / 2);
        float* scores = scratch.Floats((long)Math.Min(size, rows) * ScoreTile.StrideFor(Math.Min(size, rows)));
        double count = offDiagonal ? (double)rows * (rows - 1) : (double)rows * rows;

        // With its diagonal the largest kernel value is 1: no shift, and no pass to find one where a gradient is made anyway.
        double shift = 0, total = 0;
        if (offDiagonal || grad == null)
        {
            (shift, total) = SelfStatistics(x, rows, width, rule, offDiagonal, size, scores, scratch);
            if (grad == null) return shift + Math.Log(total / count);
        }

        float* pulls = scratch.Floats((int)Math.Min((long)rows * width, int.MaxValue), 0);
        double* sums = scratch.Doubles(rows);
        for (int top = 0; top < rows; top += size)
        {
            for (int left = top; left < rows; left += size)
            {
                var tile = Scores(x, x, rows, rows, width, top, left, size, scores);
                if (top == left) SetDiagonal(tile, offDiagonal ? float.NegativeInfinity : float.PositiveInfinity);
                KernelSums.Weights(tile, rule.At(top, left), (float)shift, 1, sums + top, top == left ? null : sums + left);
                AddProduct(tile, false, x + ((long)left * width), pulls + ((long)top * width), width);
                if (top != left) AddProduct(tile, true, x + ((long)top * width), pulls + ((long)left * width), width);
            }
        }

        total = 0;
        for (int i = 0; i < rows; i++) total += sums[i];
        KernelSums.AddScaledRows(pulls, x, rows, width, sums, -1);
        KernelSums.AddScaled(grad, pulls, rows * width, (float)(2 * weight / (sigma * sigma * total)));
        return shift + Math.Log(total / count);
    }

    /// <summary>
    /// ln of the mean kernel value between x and y (times <paramref name="kernelWeight"/> in the gradients; 0 leaves it
    /// out and the value 0) and InfoNCE over the first <paramref name="pairs"/> rows (times
    /// <paramref name="infoNceWeight"/>; 0 leaves it out): one product of scores serves both.
    /// </summary>
    public static CrossTermValues CrossTerm(
        float* x, int rows, float* y, int columns, int width, double sigma, double kernelWeight,
        int pairs, double scale, double infoNceWeight, float* gradX, float* gradY)
    {
        using var scratch = new Scratch();
        bool kernel = kernelWeight != 0, contrast = infoNceWeight != 0 && pairs > 0;
        float* halfNormsX = scratch.Floats(KernelSums.Padded(rows)), halfNormsY = scratch.Floats(KernelSums.Padded(columns));
        KernelSums.HalfNorms(x, rows, width, halfNormsX);
        KernelSums.HalfNorms(y, columns, width, halfNormsY);
        var gaussian = LogitRule.Gaussian(halfNormsX, halfNormsY, sigma);
        var logits = LogitRule.InfoNce(scale);
        int size = TileSize;
        float* scores = scratch.Floats((long)Math.Min(size, rows) * ScoreTile.StrideFor(Math.Min(size, columns)));

        var kernelRows = new Statistics(scratch, kernel ? rows : 0);
        var logitRows = new Statistics(scratch, contrast ? pairs : 0);
        var logitColumns = new Statistics(scratch, contrast ? pairs : 0);
        float* right = scratch.Floats(pairs);
        ScoreTile tile = default;
        for (int top = 0; top < rows; top += size)
        {
            for (int left = 0; left < columns; left += size)
            {
                if (!kernel && (top >= pairs || left >= pairs)) continue;
                tile = Scores(x, y, rows, columns, width, top, left, size, scores);
                if (kernel) KernelSums.RowStatistics(tile, gaussian.At(top, left), kernelRows.Largest + top, kernelRows.Sums + top);
                if (!contrast || top >= pairs || left >= pairs) continue;
                var paired = tile.Corner(pairs - top, pairs - left);
                KernelSums.RowStatistics(paired, logits, logitRows.Largest + top, logitRows.Sums + top);
                KernelSums.ColumnStatistics(paired, logits, logitColumns.Largest + left, logitColumns.Sums + left);
                if (top == left) TakeDiagonal(paired, right + top);
            }
        }

        var (shift, total) = kernelRows.Total();
        double logTotal = kernel ? shift + Math.Log(total) : 0;
        double infoNce = contrast ? InfoNceValue(pairs, (float)scale, right, logitRows, logitColumns) : 0;
        double logMean = kernel ? logTotal - Math.Log((double)rows * columns) : 0;
        if (gradX == null && gradY == null) return new CrossTermValues(logMean, infoNce, 0);

        // Only one tile: its scores are still there.
        bool kept = rows <= size && columns <= size && tile.Rows > 0;
        var factor = (float)(kernel ? kernelWeight / (sigma * sigma) : 0);
        var gradLogit = (float)(contrast ? infoNceWeight * scale / pairs : 0);
        double* pullX = scratch.Doubles(rows), pullY = scratch.Doubles(columns), scoreSums = scratch.Doubles(pairs);
        float* rowLogs = logitRows.Logs(scratch), columnLogs = logitColumns.Logs(scratch);
        for (int top = 0; top < rows; top += size)
        {
            for (int left = 0; left < columns; left += size)
            {
                bool paired = contrast && top < pairs && left < pairs;
                if (!kernel && !paired) continue;
                if (!kept) tile = Scores(x, y, rows, columns, width, top, left, size, scores);
                var infoNceTile = paired
                    ? new InfoNceTile(Math.Min(tile.Rows, pairs - top), Math.Min(tile.Columns, pairs - left), (float)scale, gradLogit, rowLogs + top, columnLogs + left, scoreSums + top)
                    : default;
                KernelSums.Weights(tile, gaussian.At(top, left), (float)logTotal, factor, pullX + top, pullY + left, infoNceTile);
                if (gradX != null) AddProduct(tile, false, y + ((long)left * width), gradX + ((long)top * width), width);
                if (gradY != null) AddProduct(tile, true, x + ((long)top * width), gradY + ((long)left * width), width);
            }
        }

        if (gradX != null) KernelSums.AddScaledRows(gradX, x, rows, width, pullX, -1);
        if (gradY != null) KernelSums.AddScaledRows(gradY, y, columns, width, pullY, -1);
        double gradScale = contrast ? SubtractRightAnswers(x, y, width, pairs, gradLogit, right, scoreSums, gradX, gradY) * infoNceWeight / pairs : 0;
        return new CrossTermValues(logMean, infoNce, gradScale);
    }

    private static (double Shift, double Total) SelfStatistics(
        float* x, int rows, int width, LogitRule rule, bool offDiagonal, int size, float* scores, Scratch scratch)
    {
        var all = new Statistics(scratch, rows);
        var above = new Statistics(scratch, rows);
        for (int top = 0; top < rows; top += size)
        {
            for (int left = top; left < rows; left += size)
            {
                var tile = Scores(x, x, rows, rows, width, top, left, size, scores);
                if (top == left) SetDiagonal(tile, offDiagonal ? float.NegativeInfinity : float.PositiveInfinity);
                var part = top == left ? all : above;
                KernelSums.RowStatistics(tile, rule.At(top, left), part.Largest + top, part.Sums + top);
            }
        }

        var (shift, total) = all.Total();
        var (shiftAbove, totalAbove) = above.Total();
        float largest = (float)shift;
        KernelSums.Merge(ref largest, ref total, (float)shiftAbove, 2 * totalAbove);
        return (largest, total);
    }

    private static ScoreTile Scores(float* x, float* y, int rows, int columns, int width, int top, int left, int size, float* scores)
    {
        int height = Math.Min(size, rows - top), breadth = Math.Min(size, columns - left);
        var tile = new ScoreTile(scores, height, breadth, ScoreTile.StrideFor(breadth));
        Gemm.Run(height, breadth, width, x + ((long)top * width), width, 1, y + ((long)left * width), 1, width, scores, tile.Stride, accumulate: false);
        return tile;
    }

    // target += W points, or W^T points.
    private static void AddProduct(ScoreTile tile, bool transposed, float* points, float* target, int width)
    {
        if (transposed)
            Gemm.Run(tile.Columns, width, tile.Rows, tile.Scores, 1, tile.Stride, points, width, 1, target, width, accumulate: true);
        else
            Gemm.Run(tile.Rows, width, tile.Columns, tile.Scores, tile.Stride, 1, points, width, 1, target, width, accumulate: true);
    }

    // Plus infinity is a distance of exactly 0, minus infinity leaves the entry out.
    private static void SetDiagonal(ScoreTile tile, float score)
    {
        for (int i = 0; i < tile.Rows; i++) tile.Scores[((long)i * tile.Stride) + i] = score;
    }

    private static void TakeDiagonal(ScoreTile tile, float* diagonal)
    {
        for (int i = 0; i < Math.Min(tile.Rows, tile.Columns); i++) diagonal[i] = tile.Scores[((long)i * tile.Stride) + i];
    }

    // The right answers with the rounding that they have in the log-sum-exps, so that it cancels where the loss is small.
    private static double InfoNceValue(int pairs, float scale, float* right, Statistics rows, Statistics columns)
    {
        double value = 0;
        for (int i = 0; i < pairs; i++) value += (0.5 * (rows.Log(i) + columns.Log(i))) - (right[i] * scale);
        return value / pairs;
    }

    // The cross-entropy's minus one on the diagonal; gives back sum_ij (probability - right) * score.
    private static double SubtractRightAnswers(
        float* x, float* y, int width, int pairs, float gradLogit, float* right, double* scoreSums, float* gradX, float* gradY)
    {
        double sum = 0;
        for (int i = 0; i < pairs; i++)
        {
            float* rowX = x + ((long)i * width), rowY = y + ((long)i * width);
            sum += scoreSums[i] - right[i];
            if (gradX != null) KernelSums.AddScaled(gradX + ((long)i * width), rowY, width, -gradLogit);
            if (gradY != null) KernelSums.AddScaled(gradY + ((long)i * width), rowX, width, -gradLogit);
        }

        return sum;
    }

    /// <summary>Running log-sum-exps, one a row or column.</summary>
    private readonly struct Statistics(Scratch scratch, int count)
    {
        public float* Largest { get; } = scratch.Floats(count, float.NegativeInfinity);

        public double* Sums { get; } = scratch.Doubles(count);

        public double Log(int i) => Largest[i] + Math.Log(Sums[i]);

        public float* Logs(Scratch from)
        {
            float* logs = from.Floats(KernelSums.Padded(count), 0);
            for (int i = 0; i < count; i++) logs[i] = (float)Log(i);
            return logs;
        }

        public (double Shift, double Total) Total()
        {
            float shift = float.NegativeInfinity;
            double total = 0;
            for (int i = 0; i < count; i++) KernelSums.Merge(ref shift, ref total, Largest[i], Sums[i]);
            return (shift, total);
        }
    }
}
