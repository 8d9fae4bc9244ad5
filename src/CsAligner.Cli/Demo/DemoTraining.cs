using CsAligner.Training;

namespace CsAligner.Cli.Demo;

/// <summary>The training of one method under one seed.</summary>
internal sealed record DemoTraining(DemoMethod Method, ulong Seed, AlignmentResult Result);
