using CsAligner.Training;

namespace CsAligner.Studies.Demo;

/// <summary>The training of one method under one seed.</summary>
internal sealed record DemoTraining(DemoMethod Method, ulong Seed, AlignmentResult Result);
