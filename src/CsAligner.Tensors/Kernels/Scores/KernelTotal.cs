namespace CsAligner.Tensors.Kernels.Scores;

/// <summary>
/// A sum of kernel values e^logit with its largest shift taken out, and beside it the sum of e^logit - 1: where all values are near 1
/// (a wide kernel, a tight cone), the logarithm of their mean would lose its digits without it.
/// </summary>
internal struct KernelTotal()
{
    /// <summary>Sum is relative to e^Shift.</summary>
    public double Shift { get; private set; } = double.NegativeInfinity;

    public double Sum { get; private set; }

    public double MinusOne { get; private set; }

    /// <summary>ln of the sum.</summary>
    public readonly double Log => Shift + Math.Log(Sum);

    public void Add(double shift, double sum, double minusOne)
    {
        MinusOne += minusOne;
        if (!(sum != 0)) return;
        if (shift == Shift)
        {
            Sum += sum;
        }
        else if (shift > Shift)
        {
            Sum = (Sum * Math.Exp(Shift - shift)) + sum;
            Shift = shift;
        }
        else
        {
            Sum += sum * Math.Exp(shift - Shift);
        }
    }

    public void Add(in KernelTotal other) => Add(other.Shift, other.Sum, other.MinusOne);

    /// <summary>ln of the mean over so many values, of which <paramref name="ones"/> are 1 and not among those added.</summary>
    public readonly double LogMean(double count, double ones)
    {
        double mean = MinusOne / count;
        if (mean > -0.5) return LogOnePlus(mean);
        var all = this;
        if (ones > 0) all.Add(0, ones, 0);
        return all.Log - Math.Log(count);
    }

    /// <summary>ln(1 + x), with its digits where x is near 0.</summary>
    public static double LogOnePlus(double x)
    {
        double sum = 1 + x;
        return sum == 1 ? x : Math.Log(sum) * (x / (sum - 1));
    }
}
