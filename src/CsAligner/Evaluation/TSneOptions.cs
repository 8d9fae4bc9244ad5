namespace CsAligner.Evaluation;

/// <summary>Settings of <see cref="TSne"/>.</summary>
public sealed record TSneOptions
{
    /// <summary>About how many neighbours a row looks at, 2 or more; at most a third of the other rows, and lowered to that.</summary>
    public double Perplexity
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 2);
            field = value;
        }
    }
    = 30;

    /// <summary>Steps in all, 1 or more; in the first third, at most 250, neighbours pull 12 times as hard.</summary>
    public int Iterations
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    }
    = 750;

    /// <summary>Seeds a jitter of a ten-thousandth of the start, so that equal rows can part.</summary>
    public ulong Seed { get; init; }
}
