namespace CsAligner.Training;

/// <summary>The result of an automatic choice.</summary>
/// <param name="Options">The options with sigma and lambda chosen; nothing is held out any more where folds have judged.</param>
/// <param name="Cells">Everything that was tried.</param>
public sealed record AutomaticChoiceResult(AlignmentOptions Options, IReadOnlyList<AutomaticChoiceCell> Cells);
