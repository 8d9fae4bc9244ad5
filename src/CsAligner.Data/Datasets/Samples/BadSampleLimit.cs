using System.Globalization;
using CsAligner.Tensors;

namespace CsAligner.Data.Datasets.Samples;

/// <summary>How many bad samples are borne: a number, or a share of those read.</summary>
/// <param name="Samples">The largest number; null for a share.</param>
/// <param name="Share">At most so large a part of the samples read, 0 to 1, rounded up to whole samples.</param>
public readonly record struct BadSampleLimit(long? Samples, double Share)
{
    /// <summary>A tenth of the samples.</summary>
    public static BadSampleLimit Default { get; } = new(null, 0.1);

    /// <summary>Reads <c>N</c> or <c>F%</c>.</summary>
    /// <param name="text">Such as 100 or 2.5%.</param>
    /// <exception cref="InputException">It is neither.</exception>
    public static BadSampleLimit Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.EndsWith('%')
            && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double percent)
            && percent <= 100)
            return new(null, percent / 100);
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long samples)
            ? new(samples, 0)
            : throw new InputException($"bad samples: expected a number such as 100 or a percentage such as 5%, got '{text}'");
    }

    /// <summary>As it is parsed.</summary>
    public override string ToString() =>
        Samples?.ToString(CultureInfo.InvariantCulture) ?? $"{(Share * 100).ToString("0.##########", CultureInfo.InvariantCulture)}%";

    /// <summary>Whether this number of bad samples is over the limit.</summary>
    /// <param name="bad">Bad samples.</param>
    /// <param name="seen">All samples read, bad ones too.</param>
    public bool IsPassed(long bad, long seen) => bad > (Samples ?? (long)Math.Ceiling(Share * seen));
}
