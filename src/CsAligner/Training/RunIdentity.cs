namespace CsAligner.Training;

/// <summary>What a training run depends on, part by part: a checkpoint is resumed only where all parts are the same.</summary>
/// <param name="Parts">By what each is called in an error, such as "options" or "image tokens": its text, or a hash of its
/// contents.</param>
internal sealed record RunIdentity(IReadOnlyList<(string Name, string Value)> Parts)
{
    /// <summary>What the part is called that every run has.</summary>
    public const string Options = "options";

    /// <summary>A run that depends on its options alone.</summary>
    public RunIdentity(string options)
        : this([(Options, options)])
    {
    }
}
