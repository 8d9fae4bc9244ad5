using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CsAligner.Data.FeatureSets;
using CsAligner.Evaluation;
using CsAligner.Ranks;
using CsAligner.Studies.Features;
using CsAligner.Tensors;
using CsAligner.Training;

namespace CsAligner.Cli.Verbs;

/// <summary>
/// What <c>align</c> reads under mpirun: each rank its own rows, a range of the images and the texts that belong to them.
/// </summary>
internal static class SharedInputs
{
    // Rows over the whole set that every rank reads: other files differ in them.
    private const int Witnesses = 64;

    public static AlignmentData Read(AlignInputs inputs, ICommunicator ranks)
    {
        using FeatureRowsFile? images = Open(inputs.Images, Modality.Image), texts = Open(inputs.Texts, Modality.Text),
            freeImages = Open(inputs.UnpairedImages, Modality.Image), freeTexts = Open(inputs.UnpairedTexts, Modality.Text);
        if (images is null || texts is null)
        {
            var none = new HeldRows(0, []);
            return new AlignmentData(new Tensor(0, freeImages!.Width), new Tensor(0, freeTexts!.Width), Pairing.Diagonal(0))
            {
                UnpairedImages = Range(freeImages, out var heldImages),
                UnpairedTexts = Range(freeTexts, out var heldTexts),
                Share = new AlignmentShare(none, none) { UnpairedImages = heldImages, UnpairedTexts = heldTexts },
            };
        }

        if (freeImages is not null) FeatureInputs.RequireSameWidth(images, freeImages);
        if (freeTexts is not null) FeatureInputs.RequireSameWidth(texts, freeTexts);
        Pairing? pairing = FeatureInputs.ReadPairs(inputs.Pairs, inputs.Images!, images.Rows, inputs.Texts!, texts.Rows);
        if (pairing is null && images.Rows != texts.Rows)
            throw new InputException($"align: {images.Rows} images and {texts.Rows} texts need pairs: the image row of each text");
        pairing ??= Pairing.Diagonal(images.Rows);
        Tensor ownImages = Range(images, out HeldRows imageRows);
        var textRows = new HeldRows(texts.Rows, HeldRows.TextNumbersOf(pairing, ranks), SourceOf(texts));
        HeldRows? free = null, others = null;
        return new AlignmentData(ownImages, FeatureFile.ReadRows(texts, textRows.Numbers), pairing)
        {
            UnpairedImages = freeImages is null ? null : Range(freeImages, out free),
            UnpairedTexts = freeTexts is null ? null : Range(freeTexts, out others),
            Share = new AlignmentShare(imageRows, textRows) { UnpairedImages = free, UnpairedTexts = others },
        };

        Tensor Range(FeatureRowsFile file, out HeldRows held)
        {
            held = new HeldRows(file.Rows, HeldRows.NumbersOf(file.Rows, ranks), SourceOf(file));
            return FeatureFile.ReadRows(file, held.Numbers);
        }

        static FeatureRowsFile? Open(string? path, Modality modality) => path is null ? null : FeatureRowsFile.Open(path, modality);
    }

    private static string SourceOf(FeatureRowsFile file)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var row = new float[file.Width];
        for (int i = 0; i < Math.Min(Witnesses, file.Rows); i++)
        {
            file.Read((int)((long)file.Rows * i / Math.Min(Witnesses, file.Rows)), row);
            hash.AppendData(MemoryMarshal.AsBytes<float>(row));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
