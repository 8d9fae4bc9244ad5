using System.Text.Json;
using CsAligner.Studies.Sweeps;
using CsAligner.Tensors;

namespace CsAligner.Cli.Tests.Sweeps;

/// <summary>Which rows a cell gets, and what it knows of them. Row i of both modalities holds the number i.</summary>
public class TrainingRowsTests
{
    private const int Count = 41;

    private static readonly Tensor Numbers = Tensor.From([.. Enumerable.Range(0, Count).Select(i => (float)i)], Count, 1);

    [Fact]
    public void Apart_takes_each_row_once_and_no_partner_of_another()
    {
        var (pairs, images, texts) = Draw("\"apart\"", 3);
        Assert.Empty(pairs);
        Assert.Equal((20, 21), (images.Length, texts.Length));
        Assert.Equal(Enumerable.Range(0, Count), images.Concat(texts).Order());
        Assert.Equal(images, Draw("\"apart\"", 3).Images);
        Assert.NotEqual(images, Draw("\"apart\"", 4).Images);
    }

    [Fact]
    public void Own_takes_all_rows_of_both_and_their_order_tells_nothing()
    {
        var (pairs, images, texts) = Draw("\"own\"", 5);
        Assert.Empty(pairs);
        Assert.Equal(Enumerable.Range(0, Count), images);
        Assert.Equal(Enumerable.Range(0, Count), texts.Order());
        Assert.True(images.Zip(texts).Count(row => row.First == row.Second) < 6);
    }

    [Fact]
    public void A_number_takes_so_many_pairs_and_others_of_which_no_two_are_one()
    {
        var (pairs, images, texts) = Draw("5", 6, unpaired: 7);
        Assert.Equal((5, 7, 7), (pairs.Length, images.Length, texts.Length));
        Assert.Equal(19, pairs.Concat(images).Concat(texts).Distinct().Count());
        (pairs, images, texts) = Draw("5", 6, unpaired: 1000);
        Assert.Equal((5, 18, 18), (pairs.Length, images.Length, texts.Length));
        Assert.Equal(41, pairs.Concat(images).Concat(texts).Distinct().Count());
        Assert.NotEqual(pairs, Draw("5", 7).Pairs);
    }

    [Fact]
    public void All_takes_all_pairs_in_their_order()
    {
        var (pairs, images, texts) = Draw("\"all\"", 6);
        Assert.Equal(Enumerable.Range(0, Count), pairs);
        Assert.Empty(images.Concat(texts));
    }

    [Fact]
    public void More_pairs_than_there_are_is_an_error() =>
        Assert.Contains("42 are more than the 41", Assert.Throws<InputException>(() => Draw("42", 1)).Message);

    private static (int[] Pairs, int[] Images, int[] Texts) Draw(string pairs, ulong seed, int? unpaired = null)
    {
        using var json = JsonDocument.Parse(pairs);
        var data = new TrainingRows { Unpaired = unpaired }.With(json.RootElement).Draw(Numbers, Numbers, seed).ToData();
        Assert.Equal(Read(data.Images), Read(data.Texts));
        return (Read(data.Images), Read(data.UnpairedImages), Read(data.UnpairedTexts));
    }

    private static int[] Read(Tensor? rows) => rows is null ? [] : [.. rows.Span.ToArray().Select(value => (int)value)];
}
