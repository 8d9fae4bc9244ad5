using CsAligner.Benchmarks;
using CsAligner.Benchmarks.Decoder;
using CsAligner.Benchmarks.Embed;
using CsAligner.Benchmarks.Estimators;
using CsAligner.Benchmarks.GradCache;
using CsAligner.Benchmarks.Matmul;
using CsAligner.Benchmarks.Objective;
using CsAligner.Benchmarks.Pretrain;
using CsAligner.Benchmarks.Profile;
using CsAligner.Benchmarks.Ranks;
using CsAligner.Benchmarks.Serve;
using CsAligner.Benchmarks.Sets;
using CsAligner.Benchmarks.Tokenizers;
using CsAligner.Benchmarks.Topk;
using CsAligner.Tensors;

// Each benchmark is a verb: a name, one line of help, and what runs it on the arguments that follow.
Verb[] verbs =
[
    new("matmul", "matrix products against OpenBLAS [--json] [--rounds N] [--simd avx512|avx2|portable] [--use TEXT]", MatmulBenchmark.Run),
    new("pretrain", "training throughput of icon-clip against PyTorch [--json] [--rounds N]", PretrainBenchmark.Run),
    new("decoder", "training of icon-decoder and making pictures with it, against PyTorch [--json] [--rounds N]", DecoderBenchmark.Run),
    new("gradcache", "one step of alignment and one of pretraining on a batch beyond memory [--json] [--batch N] [--chunk N]",
        GradCacheBenchmark.Run),
    new(GradCacheBenchmark.ChildVerb, null, GradCacheBenchmark.RunChild),
    new("profile", "where the time of a step of alignment and of one of pretraining goes [--json] [--steps N]", ProfileBenchmark.Run),
    new("topk", "exact top-K search against faiss [--json] [--rounds N] [--queries N] [--candidates N] [--dim N] [--k N]",
        TopkBenchmark.Run),
    new("tokenizers", "tokenizers against Hugging Face's library [--json] [--rounds N]", TokenizersBenchmark.Run),
    new("embed", "image embedding with CLIP ViT-B/32 against ONNX Runtime and PyTorch [--json] [--rounds N] [--batches N,N,…] [--threads "
        + "N,N,…]", EmbedBenchmark.Run),
    new("serve", "search over HTTP against faiss behind Python's servers [--sizes N,N,…] [--rounds N] [--folder DIR]", ServeBenchmark.Run),
    new("sets", "memory and speed of every reader of data sets, and of commands on their features [--json] [--rows N] [--limit MB] [--only "
        + "TEXT]", SetsBenchmark.Run),
    new(SetsBenchmark.ChildVerb, null, SetsChild.Run),
    new("estimators", "linear-time estimates of D_CS --images X.npy --texts Y.npy [--json] [--repeat N] [--seeds N] [--features N]",
        EstimatorsBenchmark.Run),
    new(EmbedBenchmark.ChildVerb, null, EmbedChild.Run),
    new(MatmulBenchmark.ChildVerb, null, MatmulBenchmark.RunChild),
    new("objective", "the objective, forward and backward, against PyTorch and OpenBLAS's products [--json] [--batch N] [--dim N] …",
        ObjectiveBenchmark.Run),
    new("own-objective", "the objective as a term of one's own, against the library's terms [--rounds N]", OwnObjectiveBenchmark.Run),
    new("without-pairs", "alignment without pairs: its closed form, training, and the term that keeps similarities [--rounds N]",
        WithoutPairsBenchmark.Run),
    new("real-encoders", "MiniLM and ResNet-18 against ONNX Runtime driven by hand [--rounds N]", RealEncodersBenchmark.Run),
    new("ranks", "the objective over MPI ranks on this machine, and what follows for clusters [--json]", RanksBenchmark.Run),
    new(RanksBenchmark.ChildVerb, null, RanksChild.Run),
    new(ObjectiveBenchmark.ChildVerb, null, ObjectiveBenchmark.RunChild),
    new(ObjectiveBenchmark.ProductsVerb, null, ObjectiveBenchmark.RunProducts),
];

Verb? verb = args.Length == 0 ? null : Array.Find(verbs, v => v.Name == args[0]);
if (verb == null)
{
    Console.Error.WriteLine("Usage: CsAligner.Benchmarks VERB [options], with one of these verbs:");
    foreach (Verb known in verbs.Where(v => v.Help != null)) Console.Error.WriteLine($"  {known.Name,-12} {known.Help}");
    return 2;
}
try
{
    return verb.Run(args[1..]);
}
catch (InputException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
