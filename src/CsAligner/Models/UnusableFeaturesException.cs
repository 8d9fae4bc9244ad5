using CsAligner.Tensors;

namespace CsAligner.Models;

/// <summary>An encoder gave features that nothing can be compared with.</summary>
public sealed class UnusableFeaturesException : InputException
{
    /// <summary>The failure of a sample.</summary>
    /// <param name="sample">Its number among those that the encoder was given, from 0.</param>
    /// <param name="isZero">Whether they are zero throughout; else a value is NaN or infinite.</param>
    public UnusableFeaturesException(int sample, bool isZero)
        : this($"sample {sample + 1}", sample, isZero, null)
    {
    }

    private UnusableFeaturesException(string name, int sample, bool isZero, Exception? cause)
        : base($"{name}: the model's features for it are {(isZero ? "all zero" : "not finite")}; {Cure(isZero)}", cause) =>
            (Sample, IsZero) = (sample, isZero);

    /// <summary>The sample's number among those that the encoder was given, from 0.</summary>
    public int Sample { get; }

    /// <summary>Whether the features are zero throughout; else a value is NaN or infinite.</summary>
    public bool IsZero { get; }

    /// <summary>The same failure, for people who do not count samples.</summary>
    /// <param name="name">The name of the sample: a file, or a text.</param>
    public UnusableFeaturesException Of(string name) => new(name, Sample, IsZero, this);

    private static string Cure(bool isZero) => isZero
        ? "was the right output of the model chosen?"
        : "a graph in half precision may overflow (use one in float32); otherwise the model is damaged: download it again";
}
