namespace CsAligner.Objectives;

// Shapes: x [M, D], y [N, D], rows of equal weight.

/// <summary>
/// The debiased Sinkhorn divergence in float64 on plain arrays, step by step as GeomLoss takes them: the definition that tests hold
/// the faster version to. Cost |a - b|^2 / 2, epsilon = blur^2.
/// </summary>
internal static class NaiveSinkhorn
{
    /// <summary>The value, and the envelope theorem's gradients: potentials held, the costs of the last update differentiated.</summary>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D].</param>
    /// <param name="blur">The root of the last epsilon, above 0.</param>
    /// <param name="scaling">By how much the root of epsilon falls in a step, above 0 and below 1.</param>
    public static ObjectiveGradients Divergence(double[,] x, double[,] y, double blur, double scaling)
    {
        var result = NaiveBaselines.Zero(x, y);
        double[,] costs = Costs(x, y), turned = Costs(y, x), costsX = Costs(x, x), costsY = Costs(y, y);
        double[] towardsY = new double[x.GetLength(0)], towardsX = new double[y.GetLength(0)], withinX = new double[x.GetLength(0)],
            withinY = new double[y.GetLength(0)];
        double[] schedule = Schedule(Diameter(x, y), blur, scaling);
        Update(schedule[0], false);
        foreach (double epsilon in schedule) Update(epsilon, true);
        double last = schedule[^1];
        AddPull(x, y, costs, towardsX, last, 1, result.GradX);
        AddPull(x, x, costsX, withinX, last, -1, result.GradX);
        AddPull(y, x, turned, towardsY, last, 1, result.GradY);
        AddPull(y, y, costsY, withinY, last, -1, result.GradY);
        Update(last, false);
        return result with { Value = towardsY.Average() - withinX.Average() + towardsX.Average() - withinY.Average() };

        void Update(double epsilon, bool average)
        {
            double[] nextY = SoftMin(costs, towardsX, epsilon), nextX = SoftMin(turned, towardsY, epsilon);
            double[] nextWithinX = SoftMin(costsX, withinX, epsilon), nextWithinY = SoftMin(costsY, withinY, epsilon);
            double kept = average ? 0.5 : 0;
            (towardsY, towardsX) = (Mixed(towardsY, nextY, kept), Mixed(towardsX, nextX, kept));
            (withinX, withinY) = (Mixed(withinX, nextWithinX, kept), Mixed(withinY, nextWithinY, kept));
        }
    }

    private static double[] Mixed(double[] before, double[] after, double kept) =>
        [.. before.Zip(after, (b, a) => (kept * b) + ((1 - kept) * a))];

    private static double[] Schedule(double diameter, double blur, double scaling)
    {
        diameter = Math.Max(diameter, blur);
        var schedule = new List<double> { diameter * diameter };
        for (int i = 0; 2 * Math.Log(diameter) + (i * 2 * Math.Log(scaling)) > 2 * Math.Log(blur); i++)
            schedule.Add(Math.Exp((2 * Math.Log(diameter)) + (i * 2 * Math.Log(scaling))));
        return [.. schedule, blur * blur];
    }

    private static double Diameter(double[,] x, double[,] y)
    {
        double squared = 0;
        for (int d = 0; d < x.GetLength(1); d++)
        {
            double[] values =
                [.. Enumerable.Range(0, x.GetLength(0)).Select(i => x[i, d]), .. Enumerable.Range(0, y.GetLength(0)).Select(j => y[j, d])];
            squared += (values.Max() - values.Min()) * (values.Max() - values.Min());
        }

        return Math.Sqrt(squared);
    }

    private static double[,] Costs(double[,] x, double[,] y)
    {
        var costs = new double[x.GetLength(0), y.GetLength(0)];
        for (int i = 0; i < x.GetLength(0); i++)
            for (int j = 0; j < y.GetLength(0); j++)
                for (int d = 0; d < x.GetLength(1); d++) costs[i, j] += 0.5 * (x[i, d] - y[j, d]) * (x[i, d] - y[j, d]);
        return costs;
    }

    private static double[] SoftMin(double[,] costs, double[] potential, double epsilon) =>
        [.. Enumerable.Range(0, costs.GetLength(0)).Select(i => -epsilon * LogMeanExp(Logits(costs, potential, epsilon, i)))];

    private static double[] Logits(double[,] costs, double[] potential, double epsilon, int row) =>
        [.. potential.Select((p, j) => (p - costs[row, j]) / epsilon)];

    private static double LogMeanExp(double[] logits) =>
        logits.Max() + Math.Log(logits.Sum(l => Math.Exp(l - logits.Max())) / logits.Length);

    // The gradient of sign times the mean over rows of a soft minimum: towards where the row's mass comes from.
    private static void AddPull(double[,] from, double[,] to, double[,] costs, double[] potential, double epsilon, double sign,
        double[,] grad)
    {
        int rows = from.GetLength(0);
        for (int i = 0; i < rows; i++)
        {
            double[] logits = Logits(costs, potential, epsilon, i);
            double log = LogMeanExp(logits) + Math.Log(logits.Length);
            for (int j = 0; j < logits.Length; j++)
                for (int d = 0; d < from.GetLength(1); d++) grad[i, d] += sign * Math.Exp(logits[j] - log) * (from[i, d] - to[j, d]) / rows;
        }
    }
}
