"""Words for kinds of images, sequences, planes, parts of the body, and what is done to files: tables without logic.

A word that ends in ``*`` is a stem; ``_`` stands between the words of a phrase; accents do not matter.
"""

from SynthTrustLib.case.recognize.words.meaning import Meaning

KINDS = {
    Meaning.T1: "t1 t1w t1wi t1weighted",
    Meaning.T2: "t2 t2w t2wi t2weighted",
    Meaning.FLAIR: (
        "flair* darkfluid dark_fluid da_fl fluid_attenuated флаир флейр флэир フレア 플레어 水抑制 抑水 黑水 压水"
        " 自由水抑制 液体衰减 liquorsuppr* liquorunterdr*"
    ),
    Meaning.T1_SEQUENCE: (
        "mp_rage mprage* memprage* mp2rage* spgr fspgr* bravo vibe* thrive ethrive lava* tfl tfl3d* tfl_3d 3dtfe fl3d*"
        " fl2d* flash turboflash unit1 uni uniden uni_den 3d_tfe efgre*"
    ),
    Meaning.FLAIR_SEQUENCE: "tirm* fl",
    Meaning.MASK: (
        "brainmask brainextractionmask seg segm masque mascara maschera mask* label labels labelmap labelmaps"
        " roi rois gt truth groundtruth"
        " annotation annotations contour contours outline delineation synthseg dseg gtv gtvp gtvn gtvt ctv ctvp ctvn"
        " ptv ptvp oar oars 掩膜 分割 마스크 マスク маска"
        " сегментация segment*"
    ),
    Meaning.NOT_TUMOR: (
        "brain brainmask bet prob probability probabilities prediction pred pooled tissue aseg aparc skull head gm"
        " wm csf ctv ctvp ctvn ptv ptvp oar oars"
    ),
    Meaning.TUMOR: (
        "wt tc et ncr netc tumor tumors tumour lesion lesions glioma edema oedema tumeur läsion lesione lesao"
        " опухоль очаг 肿瘤 腫瘍 종양"
    ),
    Meaning.MODALITY: (
        "bsi fsbb swip* sswip* edwi* dwi* isodwi b0 dti dki epi bold func fmri swi pet ct cbct pseudoct cta fdg asl"
        " t2star t2starw t2_star t2_etoile t2_stern t2_sternchen t2_estrella t2_estrela t2_stella t2_asterisco"
        " t2_ster t2_stjärna t2_stjerne t2_tähti t2_gwiazdka t2_hvězda t2_hviezda t2_csillag t2_yıldız t2_звезда"
        " t2_звездочка t2_星 t2_αστέρι sbref"
        " ep2d* adc* swan* mra tof perf dsc dce fa"
    ),
    Meaning.PROTON_DENSITY: "pd* dp protonendichte proton_density densite_de_proton densité_protonique",
    Meaning.GRADIENT_ECHO: (
        "gre gre2d gre3d eg ffe* fl2d flash gradient_echo gradientenecho merge mfgre me3d me2d 梯度回波"
    ),
    Meaning.SINGLE_SHOT: "haste* ssfse* sshtse* single_shot singleshot",
    Meaning.DIXON: "mdixon dixon* ideal lavaflex lava_flex flex",
    Meaning.FAT_IMAGE: "f fat opp out oop op out_phase",
    Meaning.INVERSION: "inv1 inv2 inv",
    Meaning.IMAGES: "images",
    Meaning.SYNTHETIC: (
        "synthetic synth synthesized synthesised synthesis generated fake gan imputed simulated pseudo synthetisch"
        " synthétique sintetico sintética 合成 생성"
    ),
    Meaning.BIAS: "bias",
    Meaning.ELSEWHERE: (
        "orbit* neck spine spines knee knees knie kniegelenk* spinal hals hws bws lws wirbel* rachis colonna"
        " columna coluna cervical* cspine tspine lspine c_spine t_spine l_spine lumbar* lombaire thoracic thorax"
        " chest shoulder* schulter* hip hips abdom* liver leber* pelvis becken* prostat* breast* mamma* heart"
        " cardiac* herz wrist* ankle* foot hand vertebra* body bodies wholebody whole_body myelo* myelum"
        " spinalcord spinal_cord cord sacrum sacral* sacroili* si_joint kidney* renal pancrea* spleen bowel rectum"
        " rectal uterus ovar* elbow* forearm finger* thigh calf femur tibia* tmj jaw mandib* parotid* thyroid"
        " larynx laryn* pharyn* nasophar* carotid* carotis plexus mrcp urogra* enterogra* arthrogra* cholangi*"
        " lung lungs mediastin* aorta aortic testis scrotum penis fetal fetus placenta halswirbel* brustwirbel*"
        " lendenwirbel* brust huefte hüfte hueft* hüft* niere* bauch fuss fuß handgelenk* sprunggelenk* ellenbogen"
        " oberschenkel unterschenkel lunge kiefer* ruckenmark rückenmark cou genou* epaule* hanche* foie reins"
        " bassin poignet* cheville* pied pieds coude* cuisse* coeur moelle lombo* lombal* dorsolomb* sacro cuello"
        " rodilla* hombro* cadera* higado riñon* muñeca* tobillo* codo muslo* corazon médula medula* sacra collo"
        " ginocchi* spalla spalle fegato reni bacino torace polso caviglia piede gomito coscia cuore mammell*"
        " midollo rachide dorso pescoço joelho* ombro* quadril figado bacia punho* tornozelo* cotovelo* coxa coxas"
        " coração nek schouder* heup* lever nier nieren bekken pols enkel* voet elleboog borst* wervel* ruggenmerg"
        " nacke knä höft* njur* bäcken bröst ryggrad* halsrygg* ländrygg* bröstrygg* handled fotled buk hjärta"
        " nakke kne knæ skulder* hofte* nyre* rygg ryg lænd lænde* håndledd ankel* mave hjerte bryst korsrygg"
        " kaula* polvi polven olkapää lonkka lonkan maksa munuais* lantio selkä* lanneranka rintaranka ranne nilkka"
        " vatsa sydän eturauhanen szyja szyi szyjn* kolano kolana biodr* wątrob* nerka nerki miednic* kręgosłup* lędźw*"
        " nadgarst* brzuch* serca piersi oczodoł* odcin* krk krcni* kolen* rameno ramene kycel* játra ledvin*"
        " pánev pánve zápěstí kotnik* břich* srdce bedern* hrudn* očnic* chrbtic* páteř* páteře nyak nyaki térd"
        " váll csípő máj vese medence gerinc* csukló szív ágyéki háti gât genunchi umar umăr șold ficat rinichi"
        " bazin coloana coloană glezna lombar* boyun omuz kalça karaciğer böbrek omurga* servikal torakal lomber"
        " diz dirsek batın vrat leđa koljeno koleno kralježnic* kičm* zdjelic* trbuh jetra позвоночник* позвонк*"
        " хребт* шея шеи шейн* поясничн* грудн* колен* плеч* тазобедр* печен* почк* таз таза сердц* брюшн* живот*"
        " орбит* простат* молочн* спинн* коліна шийн* хребет* печінк* нирк* гръбнач* коляно αυχεν* γόνατ* γονατ*"
        " ισχι* ήπατ* ήπαρ νεφρ* πυελ* σπονδυλ* καρδι* οσφυ* θωρακ* κοιλι* ώμος ωμου μαστ* 颈椎 腰椎 胸椎 脊柱"
        " 脊椎 頸椎 颈部 頸部 颈 膝 膝关节 膝關節 肩 肩关节 肩關節 髋 髋关节 髖關節 肝 肝脏 肝臟 肾 腎 盆腔 骨盆"
        " 腹部 腹 胸部 前列腺 乳腺 乳房 心脏 心臟 眼眶 腕关节 踝 踝关节 脊髓 骶椎 骶髂 颈动脉 胸腰椎 骨盤 頚椎"
        " 頚部 股関節 膝関節 肩関節 肝臓 腎臓 前立腺 心臓 眼窩 仙骨 全身 体部 척추 경추 요추 흉추 경부 무릎 어깨"
        " 고관절 신장 골반 복부 흉부 전립선 유방 심장 안와 척수 전신 الركبة الرقبة العمود_الفقري الفقرات الكتف"
        " البطن الحوض الكبد القلب العنق القطنية ברך צוואר עמוד_שדרה כתף בטן אגן כבד שדרה cột_sống cot_song khớp"
        " khop_goi lutut leher bahu pinggul panggul tulang_belakang perut גב kregoslup* gerinc omurga"
    ),
    Meaning.TO: "to like match* 2 in into on onto auf zu sur vers naar til till a en su na на к 到",
    Meaning.REGISTERED: (
        "reg* registr* coreg* coregistr* rig rigid affine aligned align resliced reslice warped resampled recal*"
        " 配准 配准到"
    ),
    Meaning.SPACE: "space spc raum espace spazio espacio",
    Meaning.TEMPLATE: "mni* sri sri24 icbm* talairach atlas template tpl nmt fsaverage standard",
    Meaning.SUB: "sub",
    Meaning.C: "c",
    Meaning.MAYBE: "minusc",
    Meaning.PLUS: "+",
    Meaning.THING: (
        "fs fsat fat* fett* sat satfat graisse grasa grasso gordura supp* sup sopp* spir spair fc gating moco"
        " motion movement bewegung* artifact* artefa* grappa asset sense caipi dl air sms bands satband*"
        " headphones coil"
        " body_coil neck_coil spine_coil head_neck_coil headneck_coil hn_coil filter norm ndc distortion"
        " distorsion metal pause fat_sat fat_sup fat_supp fat_suppressed fat_saturated"
        " fat_saturation"
    ),
    Meaning.EVENT: (
        "op ops oper* surg* resekt* rt chemo* treatment* tx biops* process* proc mortem baseline hoc week weeks day"
        " days month months year years thera* behandlung traitement chirurgie trattamento tratamiento cirurgia"
        " cirugia intervention stroke seizure trauma лечения 术 手术 手術 術 治疗 治療 放疗 수술 치료 ameliyat"
        " leczeni* bestrahl* strahlen* quimio* exerese* resec* kirurg* strålbehandling лучев* хирург* операц* 放療"
        " 化疗 放射線 방사선 rad*"
    ),
}

OTHER_KINDS = {
    "a map": (
        "carte cartographie マップ 定量 맵 t1map t2map t1rho r2star ratio* dividedby qt1 qmap qsm"
        " relaxometr* heatmap parametric"
        " mtr mtsat map* mapp* mapa kart* карт*"
    ),
    "a subtraction": (
        "subtr* soustr* sottr* sustr* substr* resta diff_image difference delta minus odejm* szubtr* kivonás"
        " çıkarma vähennys scădere αφαιρ* вычитан* субтракц* 减影 減影 剪影 差分 減算 サブトラクション 감산"
        " 서브트랙션 차감 aftrek*"
    ),
    "a projection": (
        "minip min_ip maxip max_ip minmip proj rmip 最大密度投影 投影 最大値投影 투사 mip* vrt render* projecti*"
        " projektion* proye*"
    ),
    "a diffusion image": (
        "diff* difus* tensor trace* tractograph* hardi noddi dsi ivim fiber* md eadc 扩散 擴散 弥散 瀰散 拡散 확산"
        " двв дви дифф* тензор difuzn* difuzi* dyfuz* difüzyon διαχυσ* דיפוזיה الانتشار kurtosis"
    ),
    "a perfusion image": (
        "pwi perf perfu* cbf cbv rcbf rcbv relcbf relcbv mtt ttp tmax oef ktrans kep pasl pcasl casl 灌注 灌流 관류"
        " перфуз*"
        " dyn dynami* dinami* twist tricks grasp trufi aif leakage αιμάτωση 動態 动态"
    ),
    "a susceptibility image": "venbold hemo* haemo* hämo* medic susc* t2s phs phase pha suszept* 磁敏感 磁化率"
    " 자화율 хемо восприимчив*",
    "an angiography": (
        "angio* venogra* mrv mra* tof* pca 3d_pc 2d_pc pc_mra phlebo* venc ангио* 血管 血管造影 혈관 vesselwall anjio*"
    ),
    "a localizer": (
        "loc localizer* localiser* localizzatore localisa* lokal* lokator repérage scout* survey topo* 3plane"
        " threeplane three_plane aahead* aahscout* autoalign locator локалайзер* локализатор* 定位 定位像"
        " 定位图 位置決め"
        " 로컬라이저 위치잡이 smartbrain paikannus przegladowe posdisp übersicht* oversigt* översikt* overzicht*"
    ),
    "a calibration": (
        "calib* calibration refscan ref_scan shim b0map b1 b1map* fieldmap* field_map gre_field field_mapping magnitude"
        " magnitude1 magnitude2 noise phasediff phase1 phase2 topup"
    ),
    "a spectroscopy": "svs csi mrs spectr* 波谱 分光 спектро* mrsi slaser naa",
    "a report": (
        "report* screen screens screenshot* screensave* screencap* screen_save* phoenix* secondary_capture"
        " keyimage* key_image* dose_report compte_rendu befundbericht arztbrief arztbericht referto* laudo laudos"
        " informe informes rapport 报告 報告 報告書 보고서 заключение"
    ),
    "a picture": "montage* mosaic* snapshot* thumbnail* thumb preview* slideshow animation collage lightbox",
    "a document or a file for the screen": (
        "pdf png jpg jpeg jpe bmp tif tiff gif svg webp heic mp4 avi mov mkv doc docx odt rtf ppt pptx xls xlsx txt csv"
        " tsv json xml html htm"
    ),
    "magnetization transfer or another special image": (
        "mt mtc mton mtoff cest apt aptw mre neuromelanin dir psir fgatir wair ciss fiesta* stir*"
        " bssfp trufisp phosphor elastogra* cine csf_flow molli"
    ),
    "a bias field": "biasfield* bias_field nonlin_field field_coef fieldcoef inhomogeneity biasmap bias_map fast_bias",
    "a deformation": (
        "warp* deformation* deformac* deformazione deffield def_field displacement* dispfield jacobian*"
        " jac mat xfm"
        " transform 1warp 0warp 1inversewarp inversewarp* invwarp flowfield flow_field"
    ),
    "a tissue probability": (
        "gm wm probseg pve* mixeltype grey_matter gray_matter white_matter probmap tissue* tpm ribbon wmparc aseg"
        " aparc parc annot parcellation* 灰质 白质 灰白質 cortical_thickness"
    ),
    "a phase or imaginary image": "phase_image imaginary_image",
    "a measure of a surface": (
        "thickness corticalthickness* curv curvature sulc pial inflated midthickness gyrif* lgi sphere"
    ),
    "an output of a model": (
        "prob probs probab* pred preds predict* softmax logit* uncertainty entropy saliency attention gradcam"
        " overlay* residual errormap ples bles tles lga lpa bianca"
        " variance stddev confidence snr tsnr"
    ),
    "a computed image": "synthsr symri magic syntheticmr synthetic_mr synthetic_mri",
    "ultrasound, CT or PET": (
        "ultrasound spect petct pet_ct radiograph ctac mrac umap tac tac_craneo tc_craneo tc_cranio tc_cerebr*"
        " tc_cabeza tc_testa tdm tdm_crane"
    ),
}
"""What an image is that is none of the four contrasts, in words for the user, and the words that say so."""

NEUTRAL = {
    "planes": (
        "ax* sag sagit* cor coro* koron* kor tra trans transv* trv trs tr obl oblique mpr reformat recon reco oax"
        " ocor osag hor horizontal plane sg t aks"
        " акс аксиальн* саг сагит* кор корон* тра трансв* поперечн* εγκάρσι* οβελιαί*"
        " στεφανιαί* αξονικ* 轴位 軸位 横断位 横断面 横断 横轴位 横轴 轴状位 轴 矢状位 矢状面 矢状断 矢状 冠状位"
        " 冠状面 冠状断 冠状 軸位断 水平断 斜位 축상 축상면 시상 시상면 관상 관상면 횡단 횡단면 משיקי סגיטלי אקסיאלי"
        " קורונלי محوري سهمي إكليلي sagg sagi posterior anterior aksiyel aksiyal assial* poprzeczn* strzalkow* czolow*"
        " plaszcz* oblicu* obliqu* saggit* acpc"
    ),
    "the head": (
        "brain head cranium cerebro cerebral* cerebrum cerveau cervello kopf schädel schaedel hirn hersenen hoofd"
        " hjärna hjerne hjernen aivot pää hlava mozek mozok mózg mozgu glowa głowy glava mozak mozga мозг* голов*"
        " εγκέφαλ* κρανί* beyin kafa kranial kraniyal agy koponya creier crani 头 颅 脑 頭 脳 头颅 颅脑 头部 颅脑部"
        " 脑部 頭部 頭蓋 뇌 두부 머리 neuro skull hypophys* pituitary sella iac iam temporal"
        " hippocamp* orbitofrontal* posterior_fossa fossa post_fossa basal_ganglia otak kepala מוח ראש الدماغ"
        " الرأس دماغ tête testa cabeza cabeça crane*"
        " cranio* cranial* encefal* encephal*"
    ),
    "sequences and options": (
        "wip slice_thickness fsp tse fse se frfse sse ssh tir ir irse 3d 2d iso isotropic isotrop p2 p3 vista"
        " cube blade propeller"
        " multivane mvxd jet drive restore hr hires highres hi high res resolution lowres low fast turbo echo spin"
        " me multiecho thin thick slice slices std routine protocol prot study exam mr mri mrt irm rm rmn mrc mp tfe"
        " black blood vessel db bb water wasser eau acqua w in ip phase_in in_phase inphase longtr long short tr te"
        " ti ms mm cm flip fov matrix nex avg tesla 3t 15t 7t philips siemens ge toshiba canon hitachi stealth"
        " brainlab brain_lab navi nav navig* neuronav* medtronic gk gamma knife gammaknife cyberknife planning plan"
        " sequence sequenz sequenza secuencia serie series coupe coupes schichten taglio corte cortes snitt weighted"
        " black_blood dark_blood wtd weight gewichtet gewogen viktad ponder* pondéré pondérée pesato pesata pesate"
        " dipesate potenciada súlyozott ağırlıklı vážený obraz zależny"
        " ważony zależne 加权 加权像 加权成像 加權 强调 強調 強調像 強調画像 画像 图像 影像 像 成像 扫描 掃描 영상"
        " 강조 강조영상 взвеш* ви изображение вид 压脂 抑脂 脂肪抑制 脂肪抑制像 脂抑 지방억제 脂肪 抑制 薄层 薄層"
        " 高分辨 고해상도 撮像 撮影 3次元 spc mx3d view volum* vol"
    ),
    "what was done to a file": (
        "n3 n4* bet stripped strip skullstrip* ss norm normalised normalize* normal std zscore zscored denoise*"
        " deface* crop cropped* iso1mm resample* resized reorient* unbiased biascorr* bias_corr bias_corrected"
        " gradwarp* gradunwarp* unwarp* undistort*"
        " bias_correction corr* final new old copy orig original raw work merged masked nii nrrd mha dcm dicom img"
        " image scan scans file data patient pat subject subj ses session case run visit anat postop* preop*"
        " preproc* postprocess* posttreatment pretreatment posttherap* pretherap* tumor_protocol v2 v3 stack"
        " set unit dataset subset testset bet2 seg_class proband probands prisma skyra avanto trio verio aera vida"
        " achieva ingenia"
        " combined res wmn anatom* mgz mgh hdr dc accelerated timepoint follow_up"
        " brainextractionbrain nd ns structural struct full whole complete native_space atlas_space patient_space"
        " clear nlm ants fsl spm freesurfer flirt hd hdbet r2s synthetic_patient robex unmasked isovoxel"
        " repeat rpt rep bis"
        " redo 原始 标准"
        " last first second delayed min brats vsd xx cbica left right ll links rechts kp kopie"
    ),
    "events joined in one word, in several languages": "术后 术前 術後 術前 手术后 手术前 治疗后 治疗前"
    " 治療後 治療前 放疗后 수술후 수술전 ameliyat_sonrası",
}
"""Words that say nothing of the contrast or its agent, by topic: known, so that they are not taken for a negation."""

EXPANSIONS = {
    "t1c": "t1 c+",
    "t1wc": "t1 c+",
    "ct1": "c+ t1",
    "ct1w": "c+ t1",
    "t1n": "t1 native",
    "t2f": "t2 flair",
    "t2wf": "t2 flair",
    "t1cgd": "t1 c+ gd",
    "t1gd": "t1 gd+",
    "t1wgd": "t1 gd+",
    "t1ce": "t1 ce+",
    "t1wce": "t1 ce+",
    "t1km": "t1 km+",
    "t1gado": "t1 gado+",
    "t1gad": "t1 gad+",
}
"""Short forms that hold more than one word."""
