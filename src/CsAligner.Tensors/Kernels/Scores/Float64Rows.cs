namespace CsAligner.Tensors.Kernels.Scores;

/// <summary>One set of rows in float64 and, where one is wanted, what its gradient is added to.</summary>
internal readonly unsafe struct Float64Rows(double* values, int count, double* gradient = null)
{
    public double* Values => values;

    public int Count => count;

    /// <summary>As large as the values; null for none.</summary>
    public double* Gradient => gradient;

    /// <summary>The same rows, no gradient.</summary>
    public Float64Rows Fixed => new(values, count);

    /// <summary>Adds the gradient, if there is one, to float32 ones of the same length.</summary>
    public void AddGradientTo(float* target, int width)
    {
        if (gradient == null) return;
        for (long i = 0; i < (long)count * width; i++) target[i] += (float)gradient[i];
    }
}
