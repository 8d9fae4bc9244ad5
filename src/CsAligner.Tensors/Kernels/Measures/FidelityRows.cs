namespace CsAligner.Tensors.Kernels.Measures;

/// <summary>What <see cref="FidelitySums"/> found out of each row.</summary>
/// <param name="rows">How many rows there are.</param>
internal sealed class FidelityRows(int rows)
{
    /// <summary>Sum of (x . y / D + 1)^3 - 1 over the other rows; the ones cancel in every difference of means.</summary>
    public double[] Polynomial { get; } = new double[rows];

    /// <summary>Sum of exp(-d^2 / (2 sigma^2)) - 1 over the other rows, d between rows scaled to length 1.</summary>
    public double[] Gaussian { get; } = new double[rows];

    /// <summary>Squared distance to the nearest row of the other set; within one set to the k-th nearest other row.</summary>
    public double[] SquaredDistances { get; } = new double[rows];

    /// <summary>How many rows of the other set have this one within their radius; 0 within one set.</summary>
    public int[] Balls { get; } = new int[rows];
}
